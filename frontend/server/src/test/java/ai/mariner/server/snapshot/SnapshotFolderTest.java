package ai.mariner.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotFolderTest {
  private static final LocalDateTime NOON = LocalDateTime.of(2026, 11, 30, 12, 0, 0, 7_000_000);

  @TempDir private Path folder;

  @Test
  void aSnapshotIsAFileOfPropertiesForItsOwnerOnly() throws IOException {
    SnapshotFolder snapshots = new SnapshotFolder(folder.resolve("logs/config"), 3);
    Map<String, String> given = Map.of("model_store", " a b#c", "keystore_pass", "ä=\\:!");
    snapshots.save("20261130120000007-startup.cfg", given);
    Path file = snapshots.path("20261130120000007-startup.cfg");
    Properties read = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      read.load(reader);
    }
    assertThat(read).isEqualTo(given);
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void onlyTheNewestAreKeptAndOtherFilesAreLeftAlone() throws IOException {
    SnapshotFolder snapshots = new SnapshotFolder(folder, 2);
    Files.writeString(folder.resolve("notes.txt"), "mine");
    for (int i = 1; i <= 4; i++) {
      snapshots.save("2026113012000000" + i + "-snapshot.cfg", Map.of());
    }
    assertThat(snapshots.names())
        .containsExactly("20261130120000003-snapshot.cfg", "20261130120000004-snapshot.cfg");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(3).contains(folder.resolve("notes.txt"));
    }
  }

  @Test
  void aFolderThatIsNotThereHasNoSnapshots() throws IOException {
    assertThat(new SnapshotFolder(folder.resolve("none"), 2).names()).isEmpty();
  }

  @Test
  void namesSortInTheOrderInWhichTheyWereMade() {
    String first = SnapshotName.after(NOON, List.of(), "startup");
    assertThat(first).isEqualTo("20261130120000007-startup.cfg");
    assertThat(SnapshotName.after(NOON, List.of(first), "snapshot"))
        .isEqualTo("20261130120000008-snapshot.cfg");
    // The clock was set back by an hour.
    assertThat(SnapshotName.after(NOON.minusHours(1), List.of(first), "shutdown"))
        .isEqualTo("20261130120000008-shutdown.cfg");
    assertThat(SnapshotName.after(NOON, List.of("99999999999999999-startup.cfg"), "startup"))
        .isEqualTo("20261130120000007-startup.cfg");
  }
}
