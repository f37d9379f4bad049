package ai.mariner.core.config;

import ai.mariner.core.error.ForeignText;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the options that one source gives as plain values (numbers, texts, switches, lists,
 * mappings) and reports all that is wrong with them. Used once, by one thread.
 */
public final class OptionReader {
  private static final int MOST_SHOWN = 200;

  private final OptionSource source;
  private final Manner manner;
  private final OptionFindings findings;

  /** What else than a number or a switch is taken for one. */
  public enum Manner {
    /** Nothing. */
    STRICT,
    /**
     * What TorchServe takes: {@code "4"}, {@code 1.0}, {@code "True"}, each with a warning. A
     * number that is too small is ignored, with a warning.
     */
    LENIENT,
    /** Texts: the source has nothing else. */
    TEXT
  }

  /**
   * Makes a reader.
   *
   * @param source what is read, which decides on the names of options
   * @param manner how values may be written
   * @param findings told all that is wrong
   */
  public OptionReader(OptionSource source, Manner manner, OptionFindings findings) {
    this.source = source;
    this.manner = manner;
    this.findings = findings;
  }

  /** All options that the values give; other keys are passed over. */
  public ModelOverrides read(Map<?, ?> values) {
    ModelOverrides.Builder overrides = ModelOverrides.builder();
    for (ModelOption<?> option : ModelOptions.ALL) {
      if (option.standsIn(source)) {
        take(option, values, overrides);
      }
    }
    ModelOverrides result = overrides.build();
    checkWorkers(result);
    return result;
  }

  private <T> void take(ModelOption<T> option, Map<?, ?> values, ModelOverrides.Builder overrides) {
    T own = given(option, option.spelling(source), values);
    String alias = option.alias();
    T legacy = alias == null ? null : given(option, alias, values);
    if (alias != null && own != null && legacy != null && !own.equals(legacy)) {
      findings.problem(
          alias,
          alias + " and " + option.key() + " differ (expected: only one, or the same value)");
    }
    overrides.set(option, own != null ? own : legacy);
  }

  private <T> @Nullable T given(ModelOption<T> option, String key, Map<?, ?> values) {
    if (!values.containsKey(key)) {
      return null;
    }
    Object plain = values.get(key);
    return plain == null ? option.whenNull() : value(key, option.type(), plain);
  }

  /**
   * Reads one value.
   *
   * @param path its key, with the keys of the mappings that it lies in
   * @return {@code null} if it means "not given" or was reported
   */
  <T> @Nullable T value(String path, OptionType<T> type, Object given) {
    Object plain =
        switch (type.kind()) {
          case NUMBER -> number(given);
          case SWITCH -> truth(given);
          case OTHER -> given;
        };
    Integer least = type.least();
    if (manner == Manner.LENIENT
        && least != null
        && plain instanceof Integer number
        && number < least) {
      warn(path, given, " is ignored (expected: " + type.expected() + ")");
      return null;
    }
    try {
      T value = type.reader().read(path, plain, this);
      if (manner == Manner.LENIENT && !plain.equals(given)) {
        warn(path, given, " is taken as " + plain + " (expected: " + type.expected() + ")");
      }
      return value;
    } catch (IllegalArgumentException notAsExpected) {
      problem(path, given, " (expected: " + expected(type, given) + ")");
      return null;
    }
  }

  private static String expected(OptionType<?> type, Object given) {
    boolean large = given instanceof Number number && number.doubleValue() > Integer.MAX_VALUE;
    return large && type.kind() == OptionType.Kind.NUMBER
        ? type.expected() + " and <= " + Integer.MAX_VALUE
        : type.expected();
  }

  /** A number for what the manner takes as one; anything else as it is. */
  private Object number(Object given) {
    if (manner == Manner.STRICT || !(given instanceof String || given instanceof Number)) {
      return given;
    }
    try {
      if (manner == Manner.TEXT) {
        return Integer.valueOf(given.toString().strip());
      }
      double number = new BigDecimal(given.toString().strip()).doubleValue();
      return Math.abs(number) <= Integer.MAX_VALUE ? Integer.valueOf((int) number) : given;
    } catch (NumberFormatException e) {
      return given;
    }
  }

  private Object truth(Object given) {
    if (manner != Manner.STRICT && given instanceof String text) {
      return switch (text.strip().toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> given;
      };
    }
    return given;
  }

  /** Reports keys of a mapping that are not known; nothing else reads them. */
  void unknownWithin(String path, Collection<?> keys, List<String> known) {
    for (Object key : keys) {
      if (!(key instanceof String text && known.contains(text))) {
        String nearest = NearestKey.of(String.valueOf(key), known);
        String expected = nearest == null ? "one of " + String.join(", ", known) : nearest + "?";
        findings.problem(
            root(path),
            path + "." + shown(key, false) + ": unknown key (expected: " + expected + ")");
      }
    }
  }

  private void checkWorkers(ModelOverrides overrides) {
    Integer min = overrides.get(CrewOptions.MIN_WORKERS);
    Integer max = overrides.get(CrewOptions.MAX_WORKERS);
    if (min != null && max != null && max < min) {
      String key = CrewOptions.MAX_WORKERS.key();
      problem(key, max, " (expected: >= " + CrewOptions.MIN_WORKERS.key() + ", " + min + ")");
    }
  }

  private void problem(String path, @Nullable Object value, String rest) {
    findings.problem(root(path), path + ": " + shown(value, manner != Manner.TEXT) + rest);
  }

  private void warn(String path, Object value, String rest) {
    findings.warning(root(path), path + ": " + shown(value, true) + rest);
  }

  private static String root(String path) {
    int dot = path.indexOf('.');
    return dot < 0 ? path : path.substring(0, dot);
  }

  /** A list or mapping may contain itself, so that only lists of scalars are written out. */
  private static String shown(@Nullable Object value, boolean quoted) {
    if (value instanceof String text) {
      String line = ForeignText.shown(text, MOST_SHOWN);
      return quoted ? '"' + line + '"' : line;
    }
    if (value instanceof Map) {
      return "a mapping";
    }
    if (value instanceof List<?> items) {
      boolean plain = items.stream().noneMatch(i -> i instanceof List || i instanceof Map);
      return plain ? ForeignText.shown(items.toString(), MOST_SHOWN) : "a list";
    }
    return ForeignText.shown(String.valueOf(value), MOST_SHOWN);
  }
}
