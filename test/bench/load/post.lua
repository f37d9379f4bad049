-- wrk: POST bodies to paths in turn; counts answers that are not 200 and reports exact latencies.
-- Arguments: size of a body in bytes, then the paths.
function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/octet-stream"
  wrk.body = string.rep("x", tonumber(args[1]))
  wrk.path = args[2]
  if #args == 2 then
    return -- without a function `request` wrk sends the same bytes again and again, which costs it least
  end
  local prepared = {}
  for i = 2, #args do
    prepared[i - 1] = wrk.format(nil, args[i])
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
