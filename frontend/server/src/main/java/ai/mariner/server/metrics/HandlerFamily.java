package ai.mariner.server.metrics;

import ai.mariner.core.config.MetricType;
import ai.mariner.core.message.ModelKey;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All series of one metric that handlers emit. A series belongs to the models that wrote to it, and
 * goes with the last of them. Not thread-safe.
 */
final class HandlerFamily {
  private static final double[] BOUNDS = {
    .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10
  };

  private final String name;
  private final MetricType type;
  private final String unit;
  private final Map<String, Series> series = new TreeMap<>();

  /**
   * A family without series.
   *
   * @param name name on the page
   * @param type how values add up
   * @param unit shown in the help
   */
  HandlerFamily(String name, MetricType type, String unit) {
    this.name = name;
    this.type = type;
    this.unit = unit;
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

  /** Whether a model has a series of these labels. */
  boolean has(ModelKey owner, String labels) {
    Series known = series.get(labels);
    return known != null && known.owners.contains(owner);
  }

  /**
   * Takes a value.
   *
   * @param owner model that emitted it
   * @param labels labels as they stand on the page, without braces
   */
  void take(ModelKey owner, String labels, double value) {
    Series known = series.computeIfAbsent(labels, absent -> new Series(type));
    known.owners.add(owner);
    known.take(value);
  }

  /** Drops what belongs to this model alone. */
  void remove(ModelKey owner) {
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
    String shown = PageText.help(unit);
    page.append("# HELP ").append(name).append(' ').append("Emitted by models; unit: ");
    page.append(shown).append('\n');
    page.append("# TYPE ").append(name).append(' ').append(type.text()).append('\n');
    series.forEach((labels, known) -> known.write(page, name, labels));
  }

  private static final class Series {
    final Set<ModelKey> owners = new HashSet<>();
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
        PageText.sample(page, name + "_bucket", before + "le=\"" + BOUNDS[i] + '"', buckets[i]);
      }
      PageText.sample(page, name + "_bucket", before + "le=\"+Inf\"", count);
      PageText.sample(page, name + "_count", labels, count);
      PageText.sample(page, name + "_sum", labels, value);
    }
  }
}
