package ai.mariner.server.snapshot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Snapshots as files of Java properties, of which the newest are kept. Other files of the folder
 * are left alone.
 *
 * @param folder the folder; made when it is first needed
 * @param kept how many are kept, at least 1
 */
public record SnapshotFolder(Path folder, int kept) implements SnapshotStore {
  private static final Pattern NAME = Pattern.compile("\\d{17}-(startup|snapshot|shutdown)\\.cfg");

  /** The folder of snapshots, which lies beside the logs. */
  public static Path standardFolder(Path workingFolder, Map<String, String> environment) {
    return workingFolder
        .resolve(environment.getOrDefault("LOG_LOCATION", "logs"))
        .resolve("config");
  }

  /** Where a snapshot lies. */
  public Path path(String name) {
    return folder.resolve(name);
  }

  @Override
  public void save(String name, Map<String, String> properties) throws IOException {
    Files.createDirectories(folder);
    // It may hold passwords, as the configuration does.
    Path fresh = Files.createTempFile(folder, ".snapshot", ".new", ownerOnly());
    try {
      Files.write(fresh, text(properties).getBytes(StandardCharsets.ISO_8859_1));
      Files.move(fresh, path(name), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
    List<String> names = names();
    for (String old : names.subList(0, Math.max(0, names.size() - kept))) {
      Files.deleteIfExists(path(old));
    }
  }

  @Override
  public List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> String.valueOf(file.getFileName()))
          .filter(NAME.asMatchPredicate())
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static FileAttribute<?>[] ownerOnly() {
    boolean posix = Path.of("").getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /** One line for each key, in their order. */
  private static String text(Map<String, String> properties) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> entry : properties.entrySet()) {
      Properties one = new Properties();
      one.setProperty(entry.getKey(), entry.getValue());
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      one.store(bytes, null);
      bytes
          .toString(StandardCharsets.ISO_8859_1)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(line -> text.append(line).append('\n'));
    }
    return text.toString();
  }
}
