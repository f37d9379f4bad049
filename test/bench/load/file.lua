-- wrk: POST the bytes of a file; counts answers that are not 200 and reports exact latencies.
-- Arguments: the file, then headers as NAME=VALUE, and paths that take turns instead of the address's own.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  local paths = {}
  for i = 2, #args do
    if args[i]:sub(1, 1) == "/" then
      paths[#paths + 1] = args[i]
    else
      local name, value = args[i]:match("([^=]+)=(.*)")
      wrk.headers[name] = value
    end
  end
  if #paths == 0 then
    return -- without a function `request` wrk sends the same bytes again and again, which costs it least
  end
  local prepared = {}
  for i = 1, #paths do
    prepared[i] = wrk.format(nil, paths[i])
  end
  local turn = 0
  function request()
    turn = turn % #prepared + 1
    return prepared[turn]
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
