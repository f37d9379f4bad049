package ai.mariner.server.logging;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A metric as a worker prints it: {@code
 * [METRICS]Name.Unit:1.5|#Level:Model|#type:GAUGE|#hostname:h,1795159175,id}.
 *
 * @param name name of the metric
 * @param unit unit of the metric
 * @param value number as it was printed
 * @param dimensions {@code Name:value} pairs with commas between them
 * @param hostname host that it was measured on
 * @param timestamp Unix time in seconds
 * @param requestIds ids of the requests, with commas between them; absent: none
 */
record MetricLine(
    String name,
    String unit,
    String value,
    String dimensions,
    String hostname,
    String timestamp,
    @Nullable String requestIds) {
  private static final Pattern MARK = Pattern.compile("^(?:INFO > )?\\[METRICS](.*)$");
  private static final Pattern METRIC =
      Pattern.compile(
          "(?<name>[^|]+?)\\.(?<unit>[^.:|]+):(?<value>-?[0-9.eE+-]+|-?inf|nan)"
              + "\\|#(?<dimensions>[^|]*)\\|#(?:type:[^|]*\\|#)?"
              + "hostname:(?<hostname>[^,|]+),(?<timestamp>\\d+)(?:,(?<ids>.+))?");

  /** The metric of a printed line, or {@code null} if it has none or is malformed. */
  static @Nullable MetricLine parse(String text) {
    Matcher marked = MARK.matcher(text);
    if (!marked.matches()) {
      return null;
    }
    Matcher metric = METRIC.matcher(marked.group(1).strip());
    if (!metric.matches()) {
      return null;
    }
    return new MetricLine(
        metric.group("name"),
        metric.group("unit"),
        metric.group("value"),
        metric.group("dimensions"),
        metric.group("hostname"),
        metric.group("timestamp"),
        metric.group("ids"));
  }

  /** As it stands in the metrics log. */
  String logText() {
    String ids = requestIds == null ? "" : "requestID:" + requestIds + ",";
    return name
        + "."
        + unit
        + ":"
        + value
        + "|#"
        + dimensions
        + "|#hostname:"
        + hostname
        + ","
        + ids
        + "timestamp:"
        + timestamp;
  }
}
