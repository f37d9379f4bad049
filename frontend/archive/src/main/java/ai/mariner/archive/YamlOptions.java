package ai.mariner.archive;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Takes typed options out of a document and collects all that is wrong with them. */
final class YamlOptions {
  private final String label;
  private final YamlText text;
  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  YamlOptions(String label, YamlText text) {
    this.label = label;
    this.text = text;
  }

  List<String> problems() {
    return problems;
  }

  List<String> warnings() {
    return warnings;
  }

  /** A whole number from {@code min} to the largest {@code int}. */
  @Nullable Integer integer(String key, int min) {
    Object value = value(key);
    if (value == null) {
      return null;
    }
    if (value instanceof Integer number && number >= min) {
      return number;
    }
    problem(key, value, "an integer from " + min + " to " + Integer.MAX_VALUE);
    return null;
  }

  /** A whole number; 0 is the same as not given. */
  @Nullable Integer positiveOrOff(String key) {
    Integer number = integer(key, 0);
    return number == null || number == 0 ? null : number;
  }

  @Nullable Duration seconds(String key, int min) {
    Integer number = integer(key, min);
    return number == null ? null : Duration.ofSeconds(number);
  }

  @Nullable Duration millis(String key) {
    Integer number = integer(key, 0);
    return number == null ? null : Duration.ofMillis(number);
  }

  /** One of an enumeration's constants, in any case. */
  <E extends Enum<E>> @Nullable E choice(String key, Class<E> type) {
    Object value = value(key);
    if (value == null) {
      return null;
    }
    StringJoiner names = new StringJoiner(" or ");
    for (E constant : type.getEnumConstants()) {
      if (value instanceof String given && constant.name().equalsIgnoreCase(given)) {
        return constant;
      }
      names.add(constant.name().toLowerCase(Locale.ROOT));
    }
    problem(key, value, names.toString());
    return null;
  }

  @Nullable Boolean bool(String key) {
    Object value = value(key);
    if (value == null || value instanceof Boolean) {
      return (Boolean) value;
    }
    problem(key, value, "true or false");
    return null;
  }

  /** Numbers from 0 on, in a list. */
  @Nullable List<Integer> integers(String key) {
    Object value = value(key);
    if (value == null) {
      return null;
    }
    List<Integer> numbers = new ArrayList<>();
    if (value instanceof List<?> items) {
      for (Object item : items) {
        if (!(item instanceof Integer number) || number < 0 || numbers.contains(number)) {
          problem(key, item, "a list of different integers from 0 on");
          return null;
        }
        numbers.add(number);
      }
      return numbers;
    }
    problem(key, value, "a list of different integers from 0 on");
    return null;
  }

  /** A switch that must be off, since what it turns on does not exist here yet. */
  void mustBeOff(String key) {
    Object value = value(key);
    if (value instanceof Boolean on) {
      if (on) {
        unsupported(key, on, "false");
      }
    } else if (value != null) {
      problem(key, value, "true or false");
    }
  }

  /** A text that must be empty or absent, since none of its choices exists here yet. */
  void mustBeEmpty(String key, List<String> choices) {
    Object value = value(key);
    if (value == null || "".equals(value)) {
      return;
    }
    if (value instanceof String given && choices.contains(given.toLowerCase(Locale.ROOT))) {
      unsupported(key, value, "\"\"");
    } else {
      problem(key, value, String.join(", ", choices) + " or \"\"");
    }
  }

  /** A key that must be absent, since what it is for does not exist here yet. */
  void mustBeAbsent(String key) {
    Object value = value(key);
    if (value != null) {
      unsupported(key, value, "no such key");
    }
  }

  /** Something that is wrong with a key's value. */
  void problem(String key, Object value, String expected) {
    problems.add(where(key) + key + ": " + shown(value) + " (expected: " + expected + ")");
  }

  void warn(String key, String what) {
    warnings.add(label + where(key) + what);
  }

  /**
   * Looks for keys that are near to known ones; all others belong to the handler.
   *
   * @param known known keys
   * @param fatal whether a near miss is an error instead of a warning
   */
  void findMisspelt(List<String> known, boolean fatal) {
    for (Map.Entry<?, ?> entry : text.values().entrySet()) {
      if (!(entry.getKey() instanceof String key) || known.contains(key)) {
        continue;
      }
      String nearest = NearestKey.of(key, known);
      if (nearest != null) {
        String what = Refusals.shown(key) + ": unknown key (expected: " + nearest + "?)";
        if (fatal) {
          problems.add(where(key) + what);
        } else {
          warn(key, what);
        }
      }
    }
  }

  /** The value as the document has it. */
  @Nullable Object value(String key) {
    return text.values().get(key);
  }

  private void unsupported(String key, Object value, String expected) {
    problems.add(
        where(key)
            + key
            + ": "
            + shown(value)
            + " is not supported yet (expected: "
            + expected
            + ")");
  }

  private String where(String key) {
    Integer line = text.lines().get(key);
    return line == null ? ": " : " line " + line + ": ";
  }

  /** Scalars as they are; a list or mapping may contain itself, so it is only named. */
  private static String shown(@Nullable Object value) {
    if (value instanceof String string) {
      return Refusals.shown(string);
    }
    if (value instanceof Number || value instanceof Boolean) {
      return Refusals.shown(value.toString());
    }
    if (value == null) {
      return "null";
    }
    return value instanceof List ? "a list" : value instanceof Map ? "a mapping" : "another type";
  }
}
