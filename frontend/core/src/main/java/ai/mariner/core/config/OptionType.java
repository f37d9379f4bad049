package ai.mariner.core.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a plain value (of YAML, JSON or a parameter) becomes the value of an option.
 *
 * @param kind what a text is turned into first, where the source allows a text for it
 * @param least smallest number; absent: no number, or no bound
 * @param expected what a value must be, for messages: "… (expected: a whole number >= 1)"
 * @param reader makes the value
 * @param <T> type of the option
 */
public record OptionType<T>(Kind kind, @Nullable Integer least, String expected, Reader<T> reader) {

  /** What a plain value is, apart from bounds. */
  public enum Kind {
    /** A whole number. */
    NUMBER,
    /** True or false. */
    SWITCH,
    /** A text, a list or a mapping. */
    OTHER
  }

  /** Makes the value of an option from a plain one. */
  @FunctionalInterface
  public interface Reader<T> {
    /**
     * Makes the value.
     *
     * @param path key of the option, for messages about its parts
     * @param value plain value
     * @param options reads parts and takes findings about them
     * @return {@code null} if the value means "not given", or a part of it was reported
     * @throws IllegalArgumentException for a value that is not as expected
     */
    @Nullable T read(String path, Object value, OptionReader options);
  }

  /** A whole number. */
  public static OptionType<Integer> whole(int least) {
    return number(least, "a whole number", number -> number);
  }

  /** A whole number; 0 is the same as not given. */
  public static OptionType<Integer> wholeOrOff() {
    return number(0, "a whole number", number -> number == 0 ? null : number);
  }

  /** A number of seconds. */
  public static OptionType<Duration> seconds(int least) {
    return number(least, "a whole number of seconds", Duration::ofSeconds);
  }

  /** A number of milliseconds. */
  public static OptionType<Duration> millis(int least) {
    return number(least, "a whole number of milliseconds", Duration::ofMillis);
  }

  /** A number of milliseconds; 0 is the same as not given. */
  public static OptionType<Duration> millisOrOff() {
    return number(
        0,
        "a whole number of milliseconds",
        number -> number == 0 ? null : Duration.ofMillis(number));
  }

  /** A number of MiB, at least 1, as bytes. */
  public static OptionType<Long> mebibytes() {
    return number(1, "a whole number of MiB", number -> (long) number << 20);
  }

  private static <T> OptionType<T> number(
      int least, String words, IntFunction<@Nullable T> reader) {
    return new OptionType<>(
        Kind.NUMBER,
        least,
        words + " >= " + least,
        (path, value, options) -> {
          if (value instanceof Integer number && number >= least) {
            return reader.apply(number);
          }
          throw new IllegalArgumentException(path);
        });
  }

  /** True or false. */
  public static OptionType<Boolean> bool() {
    return new OptionType<>(
        Kind.SWITCH,
        null,
        "true or false",
        (path, value, options) -> {
          if (value instanceof Boolean on) {
            return on;
          }
          throw new IllegalArgumentException(path);
        });
  }

  /** One of an enumeration's constants, in any case. */
  public static <E extends Enum<E>> OptionType<E> choice(Class<E> type) {
    List<E> constants = List.of(type.getEnumConstants());
    String words = String.join(" or ", constants.stream().map(OptionType::word).toList());
    return new OptionType<>(
        Kind.OTHER, null, words, (path, value, options) -> constant(constants, value));
  }

  /** The same; an empty text is the same as not given. */
  public static <E extends Enum<E>> OptionType<E> choiceOrOff(Class<E> type) {
    OptionType<E> choice = choice(type);
    return new OptionType<>(
        Kind.OTHER,
        null,
        choice.expected + " or \"\"",
        (path, value, options) ->
            "".equals(value) ? null : choice.reader.read(path, value, options));
  }

  /** How a constant is written. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static <E extends Enum<E>> E constant(List<E> constants, Object value) {
    for (E constant : constants) {
      if (value instanceof String given && constant.name().equalsIgnoreCase(given)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(String.valueOf(value));
  }

  /** A text of a form. */
  public static OptionType<String> text(String pattern, String expected) {
    Pattern form = Pattern.compile(pattern);
    return new OptionType<>(
        Kind.OTHER,
        null,
        expected,
        (path, value, options) -> {
          if (value instanceof String text && form.matcher(text).matches()) {
            return text;
          }
          throw new IllegalArgumentException(path);
        });
  }

  /** One of a few words. */
  public static OptionType<String> oneOf(String... words) {
    String form = String.join("|", Arrays.stream(words).map(Pattern::quote).toList());
    return text(form, String.join(" or ", words));
  }

  /** Different whole numbers from 0 on, in a list. */
  public static OptionType<List<Integer>> wholes() {
    return new OptionType<>(
        Kind.OTHER,
        null,
        "a list of different whole numbers >= 0",
        (path, value, options) -> {
          if (!(value instanceof List<?> items)) {
            throw new IllegalArgumentException(path);
          }
          List<Integer> numbers = new ArrayList<>();
          for (Object item : items) {
            if (!(item instanceof Integer id) || id < 0 || numbers.contains(id)) {
              throw new IllegalArgumentException(path);
            }
            numbers.add(id);
          }
          return List.copyOf(numbers);
        });
  }

  /** A list or mapping with an order of its own. */
  public static <T> OptionType<T> composed(String expected, Reader<T> reader) {
    return new OptionType<>(Kind.OTHER, null, expected, reader);
  }
}
