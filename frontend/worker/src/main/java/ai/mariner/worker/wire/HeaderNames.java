package ai.mariner.worker.wire;

import ai.mariner.core.message.Headers;
import java.util.HashMap;
import java.util.Map;

/**
 * Names under which a handler finds headers. Its headers are a dictionary: of several that share a
 * name the last keeps it, those before it become {@code name[0]}, {@code name[1]} and so on. No
 * client can send such a name, since brackets can't stand in one.
 */
final class HeaderNames {
  private final Map<String, Repeats> repeats;

  private HeaderNames(Map<String, Repeats> repeats) {
    this.repeats = repeats;
  }

  /** The names of these headers, to be asked for each one in turn. */
  static HeaderNames of(Headers headers) {
    Lengths lengths = new Lengths();
    headers.forEach((name, value) -> lengths.add(name.length()));
    if (!lengths.repeated) {
      return new HeaderNames(Map.of());
    }
    Map<String, Repeats> repeats = new HashMap<>();
    headers.forEach(
        (name, value) -> repeats.computeIfAbsent(name.toString(), n -> new Repeats()).count++);
    repeats.values().removeIf(one -> one.count < 2);
    return new HeaderNames(repeats);
  }

  /** The name of the next header. */
  CharSequence next(CharSequence name) {
    Repeats repeated = repeats.isEmpty() ? null : repeats.get(name.toString());
    if (repeated == null || ++repeated.seen == repeated.count) {
      return name;
    }
    return name + "[" + (repeated.seen - 1) + "]";
  }

  /** Only names of one length can be one name; most requests have few, and need no look. */
  private static final class Lengths {
    private long seen;
    private boolean repeated;

    void add(int length) {
      long bit = 1L << length;
      repeated |= (seen & bit) != 0;
      seen |= bit;
    }
  }

  private static final class Repeats {
    private int count;
    private int seen;
  }
}
