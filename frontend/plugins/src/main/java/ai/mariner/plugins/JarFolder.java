package ai.mariner.plugins;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The jars that {@code plugins_path} names. */
final class JarFolder {
  private static final String EXPECTED = " (expected: a folder of jars, or a jar) [plugins_path]";

  private JarFolder() {}

  /**
   * Finds jars.
   *
   * @param text a folder, a folder with {@code /*} or {@code /*.jar} behind it as a class path has
   *     it, or one jar
   * @param workingFolder what a relative path is relative to
   * @return jars by their name
   * @throws PluginException if there is no such folder or jar
   */
  static List<Path> jars(String text, Path workingFolder) throws PluginException {
    String plain = text.endsWith("/*.jar") ? text.substring(0, text.length() - 4) : text;
    plain = plain.endsWith("/*") ? plain.substring(0, plain.length() - 1) : plain;
    Path place = workingFolder.resolve(plain);
    if (Files.isRegularFile(place)) {
      return List.of(place);
    }
    if (!Files.isDirectory(place)) {
      throw new PluginException("plugins: " + text + EXPECTED);
    }
    try (Stream<Path> files = Files.list(place)) {
      return files.filter(JarFolder::isJar).sorted().toList();
    } catch (IOException e) {
      throw new PluginException("plugins: " + text + ": " + e + EXPECTED, e);
    }
  }

  private static boolean isJar(Path path) {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    return name.endsWith(".jar") && Files.isRegularFile(path);
  }
}
