package ai.mariner.archive;

import java.util.regex.Pattern;

/** Names of models that have none of their own. */
final class ModelNames {
  private static final Pattern ENDING =
      Pattern.compile("\\.(mar|model|tar\\.gz|tgz)$", Pattern.CASE_INSENSITIVE);
  private static final int MAX_CHARS = 128;

  private ModelNames() {}

  /** A name made of the file's or folder's. */
  static String fromFile(String fileName) {
    String bare = ENDING.matcher(fileName).replaceFirst("");
    String name = bare.replaceAll("[^A-Za-z0-9_]", "_").replaceFirst("^_+", "");
    String cut = name.substring(0, Math.min(name.length(), MAX_CHARS));
    return cut.isEmpty() ? "model" : cut;
  }
}
