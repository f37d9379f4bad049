package ai.mariner.server.metrics;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Which families a page shows.
 *
 * @param bases names without what series have behind them; empty: all
 */
record NameFilter(Set<String> bases) {
  /** Those that are named, as families or series; none: all. */
  static NameFilter of(Collection<String> names) {
    Set<String> bases = new HashSet<>();
    names.forEach(name -> bases.add(base(name)));
    return new NameFilter(bases);
  }

  boolean accepts(String family) {
    return bases.isEmpty() || bases.contains(base(family));
  }

  /** A family's name without what its series have behind it. */
  private static String base(String name) {
    for (String suffix : new String[] {"_total", "_bucket", "_count", "_sum"}) {
      if (name.endsWith(suffix)) {
        return name.substring(0, name.length() - suffix.length());
      }
    }
    return name;
  }
}
