package ai.mariner.server.config;

import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.TrustedProxies;
import ai.mariner.core.config.WorkerGroupRule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How the text of a setting becomes a value.
 *
 * @param expected what a text must be, for messages: "… (expected: a whole number >= 1)"
 * @param reader makes the value; throws {@link IllegalArgumentException} for a text that is not as
 *     expected
 */
record Syntax<T>(String expected, Function<String, T> reader) {
  private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
  private static final Pattern MODULE = Pattern.compile("\\w+(\\.\\w+)*");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,18})\\s*(?:([kmgt])i?b?)?");
  private static final Pattern DURATION =
      Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)\\s*(ms|s|m|h)?");

  /** The value of a text without blanks around it. */
  T read(String text) {
    return reader.apply(text);
  }

  /** The same syntax under other words. */
  Syntax<T> described(String words) {
    return new Syntax<>(words, reader);
  }

  /** Any text. */
  static Syntax<String> text() {
    return new Syntax<>("a text", text -> text);
  }

  /** The name of a group of models. */
  static Syntax<String> workerGroup() {
    return new Syntax<>(
        WorkerGroupRule.EXPECTED,
        text -> {
          if (!WorkerGroupRule.allows(text)) {
            throw new IllegalArgumentException(text);
          }
          return text;
        });
  }

  /** The name of a header, which clients may write in any case. */
  static Syntax<String> headerName() {
    return new Syntax<>(
        "a header's name",
        text -> {
          if (!HEADER_NAME.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
          }
          return text;
        });
  }

  /** {@code true} or {@code false}, in any case. */
  static Syntax<Boolean> bool() {
    return new Syntax<>("true or false", Syntax::readBool);
  }

  /** A whole number within bounds. */
  static Syntax<Integer> whole(int least, int most) {
    String expected =
        "a whole number "
            + (most == Integer.MAX_VALUE ? ">= " + least : "from " + least + " to " + most);
    return new Syntax<>(expected, text -> within(Integer.parseInt(text), least, most).intValue());
  }

  /** A number of any kind above 0. */
  static Syntax<Double> positive(double most) {
    return new Syntax<>(
        "a number > 0 and <= %.0f".formatted(most),
        text -> {
          double number = Double.parseDouble(text);
          if (!(number > 0 && number <= most)) {
            throw new IllegalArgumentException(text);
          }
          return number;
        });
  }

  /** A number of bytes, also with a unit: {@code 512m}, {@code 2 GiB}. */
  static Syntax<Long> bytes(long least, long most) {
    String bounds = most == Long.MAX_VALUE ? ">= " + least : "from " + least + " to " + most;
    return new Syntax<>(
        "a number of bytes " + bounds + ", or with a unit such as 64k, 512m, 2g",
        text -> within(readBytes(text), least, most));
  }

  /** A time in seconds, also with a unit: {@code 1.5}, {@code 500ms}, {@code 10m}. */
  static Syntax<Duration> seconds() {
    return new Syntax<>(
        "a time > 0 in seconds, or with a unit such as 500ms, 30s, 10m, 1h", Syntax::readDuration);
  }

  /** As {@link #seconds}, and 0. */
  static Syntax<Duration> secondsOrNone() {
    return new Syntax<>(
        "a time >= 0 in seconds, or with a unit such as 500ms, 30s, 10m, 1h",
        text -> text.equals("0") ? Duration.ZERO : readDuration(text));
  }

  /** One of a few words, in any case. */
  static Syntax<String> oneOf(String... words) {
    List<String> allowed = List.of(words);
    return new Syntax<>(
        "one of " + String.join(", ", words),
        text -> {
          String word = text.toLowerCase(Locale.ROOT);
          if (!allowed.contains(word)) {
            throw new IllegalArgumentException(text);
          }
          return word;
        });
  }

  /** A REST listener. */
  static Syntax<ListenerAddress> address(int portIfOmitted, int securePortIfOmitted) {
    return new Syntax<>(
        AddressText.EXPECTED,
        text ->
            AddressText.readAddress(
                text, AddressText.isSecure(text) ? securePortIfOmitted : portIfOmitted));
  }

  /** A host without a port. */
  static Syntax<String> host() {
    return new Syntax<>("a host name or address without a port", AddressText::readHost);
  }

  /** A path. */
  static Syntax<Path> path() {
    return new Syntax<>("a path", text -> Path.of(text));
  }

  /** One regular expression. */
  static Syntax<Pattern> regex() {
    return new Syntax<>("a regular expression", Pattern::compile);
  }

  /** Regular expressions with commas between them, matched without regard to case. */
  static Syntax<List<Pattern>> regexes() {
    return new Syntax<>(
        "regular expressions with commas between them",
        text -> parts(text).map(part -> Pattern.compile(part, Pattern.CASE_INSENSITIVE)).toList());
  }

  /** Names of Python modules with commas between them, perhaps none. */
  static Syntax<List<String>> modules() {
    return new Syntax<>(
        "names of Python modules with commas between them",
        text -> parts(text).map(Syntax::moduleName).toList());
  }

  /** Origins of web pages with commas between them, perhaps none. */
  static Syntax<List<String>> origins() {
    return new Syntax<>("origins with commas between them, or *", text -> parts(text).toList());
  }

  /** Addresses and ranges of proxies with commas between them. */
  static Syntax<TrustedProxies> proxies() {
    return new Syntax<>(
        "IP addresses, ranges such as 10.0.0.0/8, or unix, with commas between them",
        text -> TrustedProxies.parse(parts(text).toList()));
  }

  /** Paths, names or addresses with commas between them, perhaps none. */
  static Syntax<List<String>> locations() {
    return new Syntax<>(
        "paths, names or addresses with commas between them", text -> parts(text).toList());
  }

  private static String moduleName(String name) {
    if (!MODULE.matcher(name).matches()) {
      throw new IllegalArgumentException(name);
    }
    return name;
  }

  /** What stands between commas, without blanks around it; empty parts are left out. */
  private static Stream<String> parts(String text) {
    return Pattern.compile(",").splitAsStream(text).map(String::strip).filter(p -> !p.isEmpty());
  }

  private static Long within(long number, long least, long most) {
    if (number < least || number > most) {
      throw new IllegalArgumentException(Long.toString(number));
    }
    return number;
  }

  private static Boolean readBool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static long readBytes(String text) {
    Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text);
    }
    String unit = matcher.group(2);
    long factor = unit == null ? 1 : 1L << (10 * ("kmgt".indexOf(unit) + 1));
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), factor);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  private static Duration readDuration(String text) {
    Matcher matcher = DURATION.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text);
    }
    String unit = matcher.group(2) == null ? "s" : matcher.group(2);
    double factor =
        switch (unit) {
          case "ms" -> 1;
          case "m" -> 60_000;
          case "h" -> 3_600_000;
          default -> 1000;
        };
    long micros = Math.round(Double.parseDouble(matcher.group(1)) * factor * 1000);
    // The engine counts nanoseconds in 64 bits; a hundred years fit.
    if (micros <= 0 || micros > Duration.ofDays(36_500).toMillis() * 1000) {
      throw new IllegalArgumentException(text);
    }
    return Duration.ofNanos(micros * 1000);
  }
}
