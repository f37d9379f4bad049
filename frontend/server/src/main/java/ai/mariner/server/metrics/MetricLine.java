package ai.mariner.server.metrics;

import ai.mariner.core.config.MetricType;
import java.util.ArrayList;
import java.util.List;
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
 * @param type how its values add up; absent: the line does not say
 * @param hostname host that it was measured on
 * @param timestamp Unix time in seconds
 * @param requestIds ids of the requests, with commas between them; absent: none
 */
public record MetricLine(
    String name,
    String unit,
    String value,
    String dimensions,
    @Nullable MetricType type,
    String hostname,
    String timestamp,
    @Nullable String requestIds) {
  private static final Pattern MARK = Pattern.compile("^(?:INFO > )?\\[METRICS](.*)$");
  private static final Pattern METRIC =
      Pattern.compile(
          "(?<name>[^|]+?)\\.(?<unit>[^.:|]+):"
              + "(?<value>[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?inf|nan)"
              + "\\|#(?<dimensions>[^|]*)\\|#(?:type:(?<type>[^|]*)\\|#)?"
              + "hostname:(?<hostname>[^,|]+),(?<timestamp>\\d+)(?:,(?<ids>.+))?");

  /**
   * A dimension and its value.
   *
   * @param name name of the dimension
   * @param value its value
   */
  public record Dimension(String name, String value) {}

  /** The metric of a printed line, or {@code null} if it has none or is malformed. */
  public static @Nullable MetricLine parse(String text) {
    Matcher marked = MARK.matcher(text);
    return marked.matches() ? parseBare(marked.group(1)) : null;
  }

  /** The metric of a line without the mark, or {@code null} if it is malformed. */
  public static @Nullable MetricLine parseBare(String text) {
    Matcher metric = METRIC.matcher(text.strip());
    if (!metric.matches()) {
      return null;
    }
    return new MetricLine(
        metric.group("name"),
        metric.group("unit"),
        metric.group("value"),
        metric.group("dimensions"),
        type(metric.group("type")),
        metric.group("hostname"),
        metric.group("timestamp"),
        metric.group("ids"));
  }

  /** The value as a number. */
  double number() {
    return switch (value) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> Double.parseDouble(value);
    };
  }

  /** The dimensions one by one; a comma that is followed by no name belongs to a value. */
  public List<Dimension> dimensionList() {
    List<Dimension> list = new ArrayList<>();
    for (String pair : dimensions.isEmpty() ? new String[0] : dimensions.split(",", -1)) {
      int colon = pair.indexOf(':');
      if (colon > 0) {
        list.add(new Dimension(pair.substring(0, colon), pair.substring(colon + 1)));
      } else if (!list.isEmpty()) {
        Dimension last = list.remove(list.size() - 1);
        list.add(new Dimension(last.name(), last.value() + "," + pair));
      }
    }
    return list;
  }

  /** As it stands in the metrics log. */
  @Override
  public String toString() {
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

  private static @Nullable MetricType type(@Nullable String text) {
    for (MetricType type : MetricType.values()) {
      if (type.name().equalsIgnoreCase(text)) {
        return type;
      }
    }
    return null;
  }
}
