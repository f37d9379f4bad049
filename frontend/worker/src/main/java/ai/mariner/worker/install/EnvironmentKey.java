package ai.mariner.worker.install;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The name of an environment: the same for archives that ask for the same, on the same Python, and
 * another one for all others.
 */
final class EnvironmentKey {
  private static final int BYTES = 16;

  private final MessageDigest digest;
  private final Path archive;

  private EnvironmentKey(Path archive) {
    this.archive = archive;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /**
   * Names an environment.
   *
   * @param surroundings what it depends on beside the archive
   * @param archive folder of the archive
   * @param requirements what the archive asks for; absent: nothing
   * @throws InstallException if a file can't be read
   */
  static String of(List<String> surroundings, Path archive, @Nullable RequirementsFile requirements)
      throws InstallException {
    EnvironmentKey key = new EnvironmentKey(archive);
    surroundings.forEach(key::text);
    try {
      if (requirements != null) {
        for (Path file : key.decisive(requirements)) {
          key.file(file);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      throw new InstallException("the archive's files can't be read: " + e.getMessage(), e);
    }
    return HexFormat.of().formatHex(key.digest.digest(), 0, BYTES);
  }

  /** The files that decide on what is installed: all of them when packages are made of them. */
  private Set<Path> decisive(RequirementsFile requirements) throws IOException {
    Set<Path> files = new TreeSet<>(requirements.files());
    for (Path folder : requirements.folders()) {
      try (Stream<Path> found = Files.list(folder)) {
        found.filter(file -> file.toString().endsWith(".whl")).forEach(files::add);
      }
    }
    if (requirements.local()) {
      try (Stream<Path> found = Files.walk(archive)) {
        found
            .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
            .forEach(files::add);
      }
    }
    return files;
  }

  /** The file's path and bytes, each after its length, so that none passes for another. */
  private void file(Path file) throws IOException {
    text(file.startsWith(archive) ? archive.relativize(file).toString() : file.toString());
    text(Long.toString(Files.size(file)));
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
    digest.update(bytes);
  }
}
