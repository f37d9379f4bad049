package ai.mariner.archive;

import java.util.regex.Pattern;

/** Names of models that have none of their own. */
final class ModelNames {
  private static final Pattern ENDING =
      Pattern.compile("\\.(mar|model|tar\\.gz|tgz)$", Pattern.CASE_INSENSITIVE);
  private static final Pattern ANY_ENDING =
      Pattern.compile("(?<=.)(\\.tar)?\\.[A-Za-z0-9]+$", Pattern.CASE_INSENSITIVE);
  private static final int MAX_CHARS = 128;

  private ModelNames() {}

  /** A name made of the file's, which is a model without an archive. */
  static String fromModel(String fileName) {
    return fromBare(ANY_ENDING.matcher(fileName).replaceFirst(""));
  }

  /** A name made of the file's or folder's. */
  static String fromFile(String fileName) {
    return fromBare(ENDING.matcher(fileName).replaceFirst(""));
  }

  private static String fromBare(String bare) {
    String name = bare.replaceAll("[^A-Za-z0-9_]", "_").replaceFirst("^_+", "");
    String cut = name.substring(0, Math.min(name.length(), MAX_CHARS));
    return cut.isEmpty() ? "model" : cut;
  }
}
