// A gRPC client under remote control: one line of JSON per call on the standard input, one line with its outcome on the output.
//   node client.js ECHO.PROTO
'use strict';

const { grpc, loadEcho, payload, summary, fromMetadata, toMetadata, onLines, tell } = require('./wire');

const Echo = loadEcho(process.argv[2]);

function requestOf(wanted) {
  const { payload_length: length, fail_details: details, ...rest } = wanted;
  return {
    ...rest,
    payload: length === undefined ? Buffer.alloc(0) : payload(length),
    fail_details: Buffer.from(details || '', 'base64'),
  };
}

onLines((command) => {
  const credentials = command.ca ? grpc.credentials.createSsl(Buffer.from(command.ca)) : grpc.credentials.createInsecure();
  const client = new Echo(command.address, credentials, command.channel || {});
  const options = command.deadline_ms ? { deadline: Date.now() + command.deadline_ms } : {};
  const metadata = toMetadata(command.metadata);
  const outcome = { id: command.id, responses: [], initial: [] };

  const finish = (status) => {
    client.close();
    tell({ ...outcome, code: status.code, details: status.details, trailing: fromMetadata(status.metadata) });
  };

  const requests = (command.requests || []).map(requestOf);
  const streamsRequests = command.method === 'Collect' || command.method === 'Chat';
  const streamsResponses = command.method === 'Expand' || command.method === 'Chat';

  // A unary callback tells the response; the status event tells everything else.
  const onResponse = (error, response) => {
    if (!error) {
      outcome.responses.push(summary(response));
    }
  };

  let call;
  if (streamsRequests) {
    call = streamsResponses ? client[command.method](metadata, options) : client[command.method](metadata, options, onResponse);
  } else {
    call = streamsResponses
      ? client[command.method](requests[0], metadata, options)
      : client[command.method](requests[0], metadata, options, onResponse);
  }

  call.on('metadata', (initial) => { outcome.initial = fromMetadata(initial); });
  call.on('status', (status) => setImmediate(finish, status));
  call.on('error', () => { /* The status event says it too. */ });
  if (streamsResponses) {
    call.on('data', (response) => {
      outcome.responses.push(summary(response));
      if (command.cancel_after === outcome.responses.length) {
        call.cancel();
      }
    });
  }
  if (streamsRequests) {
    for (const request of requests) {
      call.write(request);
    }
    if (!command.keep_open) {
      call.end();
    }
  }
  if (command.cancel_ms !== undefined) {
    setTimeout(() => call.cancel(), command.cancel_ms);
  }
});

tell({ ready: true });
