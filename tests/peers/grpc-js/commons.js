// A client of the commons in another language: written from protos/fabnet/v1 and docs/protocols.md ("Signed statements") alone, with node's own crypto.
//   node commons.js PROTOS   then one line of JSON on the standard input: {"address": …, "pull": name of a design to verify}
// It makes a key and a publisher, publishes a design with a blob that was cut off once, attests it with a run, lists, reads the report, and pulls with everything verified.
'use strict';

const crypto = require('node:crypto');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const { onLines, tell } = require('./wire');

const CHUNK = 256 * 1024;

function loadCatalogue(protos) {
  const definition = loader.loadSync(path.join('fabnet', 'v1', 'catalogue.proto'), { includeDirs: [protos], keepCase: true, longs: Number, defaults: true });
  return grpc.loadPackageDefinition(definition).fabnet.v1.DesignCatalogue;
}

// Canonical JSON (RFC 8785): members sorted, no blanks. JSON.stringify escapes as it asks.
function canonical(value) {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(',')}]`;
  }
  if (value !== null && typeof value === 'object') {
    return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const digestOf = (bytes) => `sha256:${crypto.createHash('sha256').update(bytes).digest('hex')}`;
const mediaTypeOf = (kind) => `application/vnd.fabnet.${kind}.v1+json`;

// DSSE's pre-authentication encoding.
const encodingOf = (type, payload) => Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);

class Key {
  constructor() {
    const pair = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.secret = pair.privateKey;
    this.info = pair.publicKey.export({ type: 'spki', format: 'der' });
    this.id = digestOf(this.info);
  }

  sign(kind, members) {
    const payload = Buffer.from(canonical({ ...members, mediaType: mediaTypeOf(kind) }));
    const value = crypto.sign('sha256', encodingOf(mediaTypeOf(kind), payload), this.secret);
    return { payload_type: mediaTypeOf(kind), payload, signatures: [{ key_id: this.id, value }] };
  }
}

function verifies(info, envelope, signature) {
  const key = crypto.createPublicKey({ key: info, type: 'spki', format: 'der' });
  return crypto.verify('sha256', encodingOf(envelope.payload_type, envelope.payload), key, signature.value);
}

// The ids of the keys of a list that signed an envelope, each verified.
function signersOf(envelope, keys) {
  return keys.filter((info) => envelope.signatures.some((s) => s.key_id === digestOf(info) && verifies(info, envelope, s))).map(digestOf);
}

// Follows a publisher's chain from its first statement, whose id is the identity: each next one is signed by a key that is current in the one before, and by each that is new in it.
function resolveChain(identity, envelopes) {
  const read = envelopes.map((envelope) => {
    const said = JSON.parse(envelope.payload);
    return { envelope, id: digestOf(envelope.payload), said, keys: said.keys.map((k) => Buffer.from(k, 'base64')) };
  });
  let head = read.find((s) => s.id === identity && s.said.sequence === 1);
  check(head && signersOf(head.envelope, head.keys).length === head.keys.length, 'the first statement of the chain is not signed by its keys');
  const known = new Map(head.keys.map((k) => [digestOf(k), k]));
  for (;;) {
    const next = read.filter((s) => s.said.previous === head.id && s.said.sequence === head.said.sequence + 1).sort((a, b) => (a.id < b.id ? -1 : 1))[0];
    if (!next) {
      return { current: head.said, known, revoked: new Set(head.said.revoked.map((r) => r.key)) };
    }
    const before = head.keys.map(digestOf);
    const signers = signersOf(next.envelope, [...head.keys, ...next.keys]);
    check(signers.some((s) => before.includes(s)) && next.keys.map(digestOf).every((k) => before.includes(k) || signers.includes(k)), 'a statement of the chain is not signed by who may');
    next.keys.forEach((k) => known.set(digestOf(k), k));
    head = next;
  }
}

function check(condition, message) {
  if (!condition) {
    throw new Error(message);
  }
}

class Catalogue {
  constructor(protos, address) {
    this.client = new (loadCatalogue(protos))(address, grpc.credentials.createInsecure());
  }

  ask(method, request) {
    return new Promise((resolve, reject) => this.client[method](request, (error, reply) => (error ? reject(error) : resolve(reply))));
  }

  put(envelope) {
    return this.ask('PutStatement', { envelope });
  }

  // Sends a blob from an offset on; with a limit it breaks off after so many bytes, as a cut would.
  send(bytes, offset, limit = Infinity) {
    return new Promise((resolve, reject) => {
      const call = this.client.PutBlob((error, reply) => (error ? reject(error) : resolve(reply)));
      call.write({ header: { blob: { digest: digestOf(bytes), size: bytes.length }, offset } });
      for (let at = offset; at < Math.min(bytes.length, offset + limit); at += CHUNK) {
        call.write({ chunk: bytes.subarray(at, Math.min(at + CHUNK, bytes.length, offset + limit)) });
      }
      call.end();
    });
  }

  async upload(bytes) {
    const { missing } = await this.ask('FindMissingBlobs', { blobs: [{ digest: digestOf(bytes), size: bytes.length }] });
    return missing.length > 0 ? this.send(bytes, missing[0].received) : null;
  }

  download(digest, size) {
    return new Promise((resolve, reject) => {
      const chunks = [];
      let received = 0;
      const call = this.client.GetBlob({ digest, offset: 0 });
      call.on('data', (reply) => {
        chunks.push(reply.chunk);
        received += reply.chunk.length;
        if (received > size) {
          call.cancel();
        }
      });
      call.on('error', reject);
      call.on('end', () => resolve(Buffer.concat(chunks)));
    });
  }

  // A design, its publisher and its files, believed only where digests and signatures prove them.
  async pull(name) {
    const published = await this.ask('GetDesign', { name });
    const manifest = JSON.parse(published.manifest);
    check(digestOf(published.manifest) === published.ref.manifest_digest, 'the manifest has another digest');
    check(canonical(manifest) === published.manifest.toString(), 'the manifest is not canonical');
    check(manifest.name === name, 'it is another design');
    const envelope = { payload_type: manifest.mediaType, payload: published.manifest, signatures: published.signatures };
    const publishers = [];
    for (const signature of published.signatures) {
      const publisher = await this.ask('GetPublisher', { key_id: signature.key_id });
      const chain = resolveChain(publisher.identity, publisher.chain);
      const key = chain.known.get(signature.key_id);
      check(key && !chain.revoked.has(signature.key_id), 'the key speaks for nobody');
      check(verifies(key, envelope, signature), 'the signature on the design is wrong');
      check(!manifest.publisher || manifest.publisher === chain.current.namespace, 'somebody else signed it');
      publishers.push(publisher.name);
    }
    check(publishers.length > 0, 'nobody signed the design');
    let bytes = 0;
    for (const artefact of [...manifest.files, ...manifest.parts.flatMap((p) => p.artefacts)]) {
      const blob = await this.download(artefact.digest, artefact.size);
      check(blob.length === artefact.size && digestOf(blob) === artefact.digest, `${artefact.path} is not what the manifest says`);
      bytes += blob.length;
    }
    return { digest: published.ref.manifest_digest, publishers, bytes };
  }
}

async function run(protos, { address, pull }) {
  const catalogue = new Catalogue(protos, address);
  const key = new Key();
  const first = key.sign('publisher', {
    displayName: 'A client in JavaScript', keys: [key.info.toString('base64')], namespace: 'node-lab', organisation: 'cooperative', revoked: [], sequence: 1,
  });
  const identity = (await catalogue.put(first)).id;
  check(identity === digestOf(first.payload), 'the id of a statement is the digest of its payload');
  const by = { publisher: identity, sequence: 1 };

  // The upload is cut off once: what arrived is told, and the rest follows from there.
  const mesh = crypto.randomBytes(700 * 1024);
  const toolpath = Buffer.from('G21\nG90\nG28\nG1 X10 Y10 F600\nM84\n');
  await catalogue.send(mesh, 0, 2 * CHUNK);
  const resumed = (await catalogue.ask('FindMissingBlobs', { blobs: [{ digest: digestOf(mesh), size: mesh.length }] })).missing[0].received;
  await catalogue.upload(mesh);
  await catalogue.upload(toolpath);

  const artefact = (file, bytes, kind, mediaType, more) => ({ digest: digestOf(bytes), kind, mediaType, path: file, size: bytes.length, ...more });
  const design = key.sign('design', {
    files: [], function: 'Proves that any language can be a client – “ünïcode”,\n\ttoo.', license: 'CERN-OHL-S-2.0', licensor: 'The node lab', name: 'node-clip',
    parts: [{
      artefacts: [artefact('clip.stl', mesh, 'mesh', 'model/stl'), artefact('clip.prusa-mk3s.gcode', toolpath, 'toolpath', 'text/x-gcode', { machineClass: 'prusa-mk3s', material: 'PLA' })],
      material: 'PLA', name: 'Clip', outerDimensionsMm: { depth: 10.125, height: 0.5, width: 20 }, quantity: 2, tsdc: '3DP',
    }],
    publisher: 'node-lab', title: 'Node clip', version: '1.0.0',
  });
  const manifest = (await catalogue.put(design)).id;

  const nonce = crypto.randomBytes(16).toString('hex');
  const made = key.sign('run', {
    by, good: 3, machineClass: 'prusa-mk3s', made: 4, material: 'PLA', month: '2026-11', nonce, part: 'Clip', seconds: 1200, settings: { 'layer-height': '0.2' }, subject: manifest, toolpath: digestOf(toolpath),
  });
  const runId = (await catalogue.put(made)).id;
  const collection = (await catalogue.put(key.sign('collection', { by, maintainers: [], name: 'tried', sequence: 1, title: 'What we tried' }))).id;
  await catalogue.put(key.sign('attestation', { by, collection, evidence: [runId], reason: '', sequence: 1, subject: manifest, verdict: 'validated' }));
  const again = await catalogue.put(made);
  check(!again.added, 'the same statement was added twice');

  const forged = key.sign('yank', { by, reason: 'It was not me.', subject: manifest });
  forged.payload = Buffer.from(forged.payload.toString().replace('not me', 'me'));
  const refusal = await catalogue.put(forged).then(() => null, (error) => ({ code: error.code, details: error.details }));

  const listed = [];
  for (let after = 0, end = false; !end;) {
    const reply = await catalogue.ask('ListStatements', { after, limit: 2 });
    listed.push(...reply.statements.map((s) => digestOf(s.envelope.payload)));
    ({ cursor: after, end } = reply);
  }
  for (const id of [identity, manifest, runId, collection]) {
    check(listed.includes(id), `${id} is not in the log`);
  }

  const report = await catalogue.ask('GetReport', { manifest_digest: manifest });
  return {
    identity, manifest, runId, resumed, refusal, listed: listed.length,
    verdicts: report.findings.map((f) => `${f.verdict} ${f.evidence.join(' ')}`),
    runs: report.runs.map((r) => `${r.good}/${r.made} on ${r.machine_class}, ${r.seconds} s`),
    proofs: report.toolpaths.map((t) => `${t.path} ${t.run_ids.join(' ')}`),
    own: await catalogue.pull('node-clip'),
    other: await catalogue.pull(pull),
  };
}

onLines((command) => {
  run(process.argv[2], command).then((result) => tell({ event: 'done', ...result }), (error) => tell({ event: 'failed', message: error.stack }));
});
