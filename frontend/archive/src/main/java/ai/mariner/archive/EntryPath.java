package ai.mariner.archive;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Name of an archive's entry, taken apart and checked: relative, without parents, control
 * characters or backslashes.
 *
 * @param parts names from the top; empty: the archive's own top folder
 */
record EntryPath(List<String> parts) {
  private static final int MAX_PART_BYTES = 255;
  private static final int MAX_BYTES = 1024;
  private static final int MAX_DEPTH = 64;

  /**
   * Checks a name.
   *
   * @throws ai.mariner.core.error.ServeException when it could lead out of the folder, or is no
   *     file name
   */
  static EntryPath of(String name) {
    if (name.isEmpty()) {
      throw refused(name, "a name");
    }
    if (name.chars().anyMatch(Character::isISOControl)) {
      throw refused(name, "no control characters");
    }
    if (name.indexOf('\\') >= 0) {
      throw refused(name, "/ between folders, no backslash");
    }
    if (name.startsWith("/") || name.matches("[A-Za-z]:/.*")) {
      throw refused(name, "a relative path");
    }
    List<String> parts = new ArrayList<>();
    for (String part : name.split("/")) {
      if (part.equals("..")) {
        throw refused(name, "a path within the archive, without ..");
      }
      if (part.getBytes(StandardCharsets.UTF_8).length > MAX_PART_BYTES) {
        throw refused(name, "names of at most " + MAX_PART_BYTES + " bytes");
      }
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    if (parts.size() > MAX_DEPTH || name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw refused(name, "at most " + MAX_DEPTH + " folders deep and " + MAX_BYTES + " bytes");
    }
    return new EntryPath(List.copyOf(parts));
  }

  private static RuntimeException refused(String name, String expected) {
    return Refusals.invalid(
        "Archive entry: \"" + Refusals.shown(name) + "\" (expected: " + expected + ")");
  }

  @Override
  public String toString() {
    return String.join("/", parts);
  }
}
