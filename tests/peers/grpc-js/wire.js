// What the client and the server of this peer share: the test service, deterministic payloads, metadata as JSON.
'use strict';

const crypto = require('node:crypto');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

// Loads the service that the tests describe in a .proto file.
function loadEcho(protoPath) {
  const definition = loader.loadSync(protoPath, { keepCase: true, longs: Number, defaults: true });
  return grpc.loadPackageDefinition(definition).fabnet.tests.echo.v1.Echo;
}

// Bytes that both sides can compute: the i-th is 31 i mod 251.
function payload(length) {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    bytes[i] = (i * 31) % 251;
  }
  return bytes;
}

// A message without its payload, but with what proves it.
function summary(message) {
  return {
    text: message.text,
    index: message.index,
    length: message.payload.length,
    sha256: crypto.createHash('sha256').update(message.payload).digest('hex'),
  };
}

// Metadata as a list of [key, value]; binary values in base64.
function fromMetadata(metadata) {
  const list = [];
  for (const key of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(key)) {
      list.push([key, Buffer.isBuffer(value) ? value.toString('base64') : value]);
    }
  }
  return list;
}

function toMetadata(list) {
  const metadata = new grpc.Metadata();
  for (const [key, value] of list || []) {
    metadata.add(key, key.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  }
  return metadata;
}

// Calls back for every line of JSON on the standard input, and ends the process with it.
function onLines(handle) {
  const readline = require('node:readline').createInterface({ input: process.stdin });
  readline.on('line', (line) => handle(JSON.parse(line)));
  readline.on('close', () => process.exit(0));
}

function tell(event) {
  process.stdout.write(JSON.stringify(event) + '\n');
}

module.exports = { grpc, loadEcho, payload, summary, fromMetadata, toMetadata, onLines, tell };
