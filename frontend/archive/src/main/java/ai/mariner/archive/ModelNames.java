package ai.mariner.archive;

import java.util.regex.Pattern;

/**
 * Names and versions of models: both stand in addresses, so both are limited to what fits there.
 */
final class ModelNames {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_\\-.]*");
  private static final Pattern ENDING =
      Pattern.compile("\\.(mar|model|tar\\.gz|tgz)$", Pattern.CASE_INSENSITIVE);
  private static final int MAX_CHARS = 128;

  private ModelNames() {}

  static boolean isName(String name) {
    return name.length() <= MAX_CHARS && NAME.matcher(name).matches();
  }

  static boolean isVersion(String version) {
    return !version.isBlank()
        && version.length() <= MAX_CHARS
        && version.indexOf('/') < 0
        && version.chars().noneMatch(Character::isISOControl);
  }

  /** A name for a model that has none, made of its file's or folder's. */
  static String fromFile(String fileName) {
    String bare = ENDING.matcher(fileName).replaceFirst("");
    String name = bare.replaceAll("[^A-Za-z0-9_]", "_").replaceFirst("^_+", "");
    String cut = name.substring(0, Math.min(name.length(), MAX_CHARS));
    return cut.isEmpty() ? "model" : cut;
  }
}
