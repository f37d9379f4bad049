package ai.mariner.server.metrics;

import ai.mariner.core.config.MetricType;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All series of one metric that somebody else emits. A series belongs to the owners that wrote to
 * it, and goes with the last of them. Not thread-safe.
 *
 * @param <O> who writes to it
 */
final class EmittedFamily<O> {
  private static final double[] BOUNDS = {
    .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10
  };

  private final String name;
  private final MetricType type;
  private final String help;
  private final Map<String, Series<O>> series = new TreeMap<>();

  /**
   * A family without series.
   *
   * @param name name on the page
   * @param type how values add up
   * @param help one line
   */
  EmittedFamily(String name, MetricType type, String help) {
    this.name = name;
    this.type = type;
    this.help = help;
  }

  String name() {
    return name;
  }

  MetricType type() {
    return type;
  }

  boolean isEmpty() {
    return series.isEmpty();
  }

  /** Whether an owner has a series of these labels. */
  boolean has(O owner, String labels) {
    Series<O> known = series.get(labels);
    return known != null && known.owners.contains(owner);
  }

  /**
   * Takes a value.
   *
   * @param owner who emitted it
   * @param labels labels as they stand on the page, without braces
   */
  void take(O owner, String labels, double value) {
    Series<O> known = series.computeIfAbsent(labels, absent -> new Series<>(type));
    known.owners.add(owner);
    known.take(value);
  }

  /** Drops what belongs to this owner alone. */
  void remove(O owner) {
    series.values().removeIf(known -> known.owners.remove(owner) && known.owners.isEmpty());
  }

  /** The names that its lines have on the page. */
  Collection<String> lineNames() {
    Set<String> names = new HashSet<>(Set.of(name));
    if (type == MetricType.HISTOGRAM) {
      for (String suffix : new String[] {"_bucket", "_count", "_sum"}) {
        names.add(name + suffix);
      }
    }
    return names;
  }

  /** Writes the family in the text format. */
  void write(StringBuilder page) {
    page.append("# HELP ").append(name).append(' ').append(PageText.help(help)).append('\n');
    page.append("# TYPE ").append(name).append(' ').append(type.text()).append('\n');
    series.forEach((labels, known) -> known.write(page, name, labels));
  }

  private static final class Series<O> {
    final Set<O> owners = new HashSet<>();
    private final long @Nullable [] buckets;
    private final boolean adds;
    private double value;
    private long count;

    Series(MetricType type) {
      adds = type != MetricType.GAUGE;
      buckets = type == MetricType.HISTOGRAM ? new long[BOUNDS.length] : null;
    }

    void take(double next) {
      value = adds ? value + next : next;
      count++;
      if (buckets != null) {
        for (int i = BOUNDS.length - 1; i >= 0 && next <= BOUNDS[i]; i--) {
          buckets[i]++;
        }
      }
    }

    void write(StringBuilder page, String name, String labels) {
      if (buckets == null) {
        PageText.sample(page, name, labels, value);
        return;
      }
      String before = labels.isEmpty() ? "" : labels + ",";
      for (int i = 0; i < BOUNDS.length; i++) {
        PageText.sample(
            page, name + "_bucket", before + "le=\"" + BOUNDS[i] + '"', (double) buckets[i]);
      }
      PageText.sample(page, name + "_bucket", before + "le=\"+Inf\"", (double) count);
      PageText.sample(page, name + "_count", labels, (double) count);
      PageText.sample(page, name + "_sum", labels, value);
    }
  }
}
