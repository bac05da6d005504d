// Decodes and encodes Sparkplug B payloads with the sparkplug-payload package. A line of JSON in: {id, decode: base64} or {id, encode: payload};
// one out: {id, payload} or {id, bytes: base64} or {id, error}.
'use strict';

const readline = require('readline');
const Long = require('long');
const codec = require('sparkplug-payload').get('spBv1.0');

// 64-bit numbers of these tests all fit into a double.
const plain = (key, value) => (Long.isLong(value) ? value.toNumber() : value);

// Long has no toJSON, so the replacer sees the object itself; a Buffer would not be seen, and none is used.
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const asked = JSON.parse(line);
  const answer = { id: asked.id };
  try {
    if (asked.decode !== undefined) {
      answer.payload = codec.decodePayload(Buffer.from(asked.decode, 'base64'));
    } else {
      answer.bytes = Buffer.from(codec.encodePayload(asked.encode)).toString('base64');
    }
  } catch (error) {
    answer.error = String(error);
  }
  process.stdout.write(JSON.stringify(answer, plain) + '\n');
});
