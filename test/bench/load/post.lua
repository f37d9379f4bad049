-- wrk: POST bodies to paths in turn; counts answers that are not 200 and reports exact latencies.
-- Arguments: size of a body in bytes, then the paths.
local prepared = {}
local turn = 0

function init(args)
  local headers = { ["Content-Type"] = "application/octet-stream" }
  local body = string.rep("x", tonumber(args[1]))
  for i = 2, #args do
    prepared[i - 1] = wrk.format("POST", args[i], headers, body)
  end
end

function request()
  turn = turn % #prepared + 1
  return prepared[turn]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
