package ai.mariner.server.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * A counter whose name is written as it is. Prometheus' own client puts {@code _total} behind every
 * counter, which would break the dashboards that know TorchServe's names.
 */
final class PlainCounter {
  private final String name;
  private final String help;
  private final List<String> labels;
  private final double unitsPerOne;
  private final Map<List<String>, LongAdder> series = new ConcurrentHashMap<>();

  /**
   * A counter without series.
   *
   * @param name family name
   * @param help one line
   * @param labels label names
   * @param unitsPerOne how much is added to a series for 1 on the page
   */
  PlainCounter(String name, String help, List<String> labels, double unitsPerOne) {
    this.name = name;
    this.help = help;
    this.labels = List.copyOf(labels);
    this.unitsPerOne = unitsPerOne;
  }

  String name() {
    return name;
  }

  /** The adder of a series, made on first use. */
  LongAdder series(String... values) {
    if (values.length != labels.size()) {
      throw new IllegalArgumentException(
          name + ": " + values.length + " label values (expected: " + labels.size() + ")");
    }
    return series.computeIfAbsent(List.of(values), key -> new LongAdder());
  }

  void remove(String... values) {
    series.remove(List.of(values));
  }

  /** The value of each series, by the values of its labels. */
  Map<List<String>, Double> values() {
    Map<List<String>, Double> values = new HashMap<>();
    series.forEach((key, adder) -> values.put(key, adder.sum() / unitsPerOne));
    return values;
  }

  /** Writes the family in the text format. */
  void write(StringBuilder page) {
    page.append("# HELP ").append(name).append(' ').append(help).append('\n');
    page.append("# TYPE ").append(name).append(" counter\n");
    List<String> lines = new ArrayList<>();
    series.forEach((values, adder) -> lines.add(line(values, adder.sum() / unitsPerOne)));
    lines.stream().sorted().forEach(line -> page.append(line).append('\n'));
  }

  private String line(List<String> values, double value) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      PageText.label(shown, labels.get(i), values.get(i));
    }
    return name + '{' + shown + "} " + value;
  }
}
