// A gRPC server that does what echo.proto says; prints its port, and every event a test may wait for.
//   node server.js ECHO.PROTO [CERTIFICATE.PEM KEY.PEM]
'use strict';

const fs = require('node:fs');
const { grpc, loadEcho, onLines, tell } = require('./wire');

const [protoPath, certificatePath, keyPath] = process.argv.slice(2);
const Echo = loadEcho(protoPath);

function answer(request, index) {
  return {
    text: request.text,
    index,
    payload: request.response_length > 0 ? Buffer.alloc(request.response_length) : request.payload,
  };
}

// Does what a request asks for besides an answer. Returns the error to fail with, or null; 'hang' never answers.
function begin(call, request) {
  if (request.reflect) {
    const headers = new grpc.Metadata();
    for (const key of Object.keys(call.metadata.getMap())) {
      if (key.startsWith('x-')) {
        for (const value of call.metadata.get(key)) {
          headers.add(key, value);
        }
      }
    }
    call.sendMetadata(headers);
    call.reflected = headers;
  }
  if (request.fail_with > 0) {
    const metadata = new grpc.Metadata();
    metadata.add('x-reason', 'asked to');
    if (request.fail_details.length > 0) {
      metadata.add('grpc-status-details-bin', request.fail_details);
    }
    return { code: request.fail_with, details: request.fail_detail, metadata };
  }
  return null;
}

function watch(call, method) {
  const id = call.metadata.get('x-id')[0];
  call.on('cancelled', () => tell({ event: 'cancelled', method, id }));
}

const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
server.addService(Echo.service, {
  Unary(call, callback) {
    watch(call, 'Unary');
    const error = begin(call, call.request);
    if (error) {
      callback(error);
    } else if (!call.request.hang) {
      callback(null, answer(call.request, 0), call.reflected);
    }
  },
  Collect(call, callback) {
    watch(call, 'Collect');
    const texts = [];
    let failed = false;
    call.on('data', (request) => {
      const error = failed ? null : begin(call, request);
      if (error) {
        failed = true;
        callback(error);
      }
      texts.push(request.text);
    });
    call.on('end', () => {
      if (!failed) {
        callback(null, { text: texts.join(','), index: texts.length, payload: Buffer.alloc(0) }, call.reflected);
      }
    });
  },
  Expand(call) {
    watch(call, 'Expand');
    const error = begin(call, call.request);
    if (error) {
      call.emit('error', error);
      return;
    }
    let index = 0;
    const pump = () => {
      while (index < call.request.count) {
        if (!call.write(answer(call.request, index++))) {
          call.once('drain', pump);
          return;
        }
      }
      if (!call.request.hang) {
        call.end(call.reflected);
      }
    };
    pump();
  },
  Chat(call) {
    watch(call, 'Chat');
    let index = 0;
    call.on('data', (request) => {
      const error = begin(call, request);
      if (error) {
        call.emit('error', error);
      } else {
        call.write(answer(request, index++));
      }
    });
    call.on('end', () => call.end(call.reflected));
    call.on('error', () => { /* The client gave up: 'cancelled' says it. */ });
  },
});

const credentials = certificatePath
  ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: fs.readFileSync(certificatePath), private_key: fs.readFileSync(keyPath) }])
  : grpc.ServerCredentials.createInsecure();
server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
  if (error) {
    throw error;
  }
  tell({ event: 'listening', port });
});

onLines(() => { /* The end of the input ends this process. */ });
