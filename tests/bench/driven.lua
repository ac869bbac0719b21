-- Asks for the paths of a file, one or in a random order, and prints one line of JSON at the end. Latencies in ms.
function init(args)
  local asked = {}
  for path in io.lines(args[1]) do
    asked[#asked + 1] = wrk.format("GET", path)
  end
  math.randomseed(tonumber(args[2]))
  if #asked == 1 then
    request = nil
    wrk.path = io.lines(args[1])()
  else
    request = function()
      return asked[math.random(#asked)]
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format('\n{"requests": %d, "seconds": %f, "bytes": %d, "errors": %d, "p50": %f, "p99": %f}',
    summary.requests, summary.duration / 1e6, summary.bytes, wrong,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
