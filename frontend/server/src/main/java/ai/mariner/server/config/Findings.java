package ai.mariner.server.config;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong and what is odd; used by one thread. */
final class Findings {
  private static final int LONGEST_VALUE = 200;

  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  void problem(String text) {
    problems.add(text);
  }

  void warning(String text) {
    warnings.add(text);
  }

  /** A value that is not as it must be. */
  void malformed(String what, String value, String expected) {
    problem(what + ": " + shortened(value) + " (expected: " + expected + ")");
  }

  List<String> problems() {
    return List.copyOf(problems);
  }

  List<String> warnings() {
    return List.copyOf(warnings);
  }

  static String shortened(String value) {
    return value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE) + "…";
  }
}
