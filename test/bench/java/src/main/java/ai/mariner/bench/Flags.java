package ai.mariner.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A command line of `--name value` pairs. Every accessor throws {@link UsageException}. */
public final class Flags {
  private final Map<String, String> values;

  private Flags(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Reads a command line.
   *
   * @param arguments pairs of a flag and its value
   * @param known the flags that exist, without their dashes
   * @throws UsageException a flag is unknown, is given twice or has no value
   */
  public static Flags parse(String[] arguments, Set<String> known) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < arguments.length; i += 2) {
      String flag = arguments[i];
      String name = flag.startsWith("--") ? flag.substring(2) : "";
      if (!known.contains(name)) {
        throw new UsageException(flag + ": unknown (expected: one of " + spelled(known) + ")");
      }
      if (i + 1 == arguments.length) {
        throw new UsageException(flag + ": nothing (expected: a value)");
      }
      if (values.put(name, arguments[i + 1]) != null) {
        throw new UsageException(flag + ": given twice (expected: once)");
      }
    }
    return new Flags(values);
  }

  private static String spelled(Set<String> known) {
    return "--" + String.join(", --", known.stream().sorted().toList());
  }

  /** The value, which must be given. */
  public String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new UsageException("--" + name + ": missing (expected: a value)");
    }
    return value;
  }

  /** The value, or another text when it is not given. */
  public String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  /** Whether the flag is given. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** One of some words, or the first when it is not given. */
  public String oneOf(String name, String... words) {
    String value = values.getOrDefault(name, words[0]);
    for (String word : words) {
      if (word.equals(value)) {
        return value;
      }
    }
    throw wrong(name, value, "one of " + String.join(", ", words));
  }

  /** A whole number; the default when it is not given. */
  public int whole(String name, int least, @Nullable Integer otherwise) {
    if (!has(name) && otherwise != null) {
      return otherwise;
    }
    String value = text(name);
    try {
      int number = Integer.parseInt(value);
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong(name, value, "a whole number >= " + least);
    }
    throw wrong(name, value, ">= " + least);
  }

  /** A number above zero, or zero where it is allowed; the default when it is not given. */
  public double number(String name, boolean zeroToo, @Nullable Double otherwise) {
    if (!has(name) && otherwise != null) {
      return otherwise;
    }
    String value = text(name);
    String expected = zeroToo ? "a number >= 0" : "a number > 0";
    try {
      double number = Double.parseDouble(value);
      if (Double.isFinite(number) && (number > 0 || (zeroToo && number == 0))) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong(name, value, expected);
    }
    throw wrong(name, value, expected);
  }

  private static UsageException wrong(String name, String value, String expected) {
    return new UsageException("--" + name + ": " + value + " (expected: " + expected + ")");
  }
}
