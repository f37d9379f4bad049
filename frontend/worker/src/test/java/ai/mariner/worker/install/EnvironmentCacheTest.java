package ai.mariner.worker.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvironmentCacheTest {
  private static final String A = "a".repeat(32);
  private static final String B = "b".repeat(32);
  private static final String C = "c".repeat(32);

  @TempDir Path base;
  private EnvironmentCache cache;

  @BeforeEach
  void open() throws IOException {
    cache = EnvironmentCache.open(base.resolve("deep/cache"));
  }

  @AfterEach
  void close() throws IOException {
    cache.close();
  }

  /** Makes an environment of so many bytes that was used so many seconds after the epoch. */
  private void make(String key, int bytes, long used) throws IOException {
    Files.createDirectories(cache.folder(key));
    Files.write(cache.folder(key).resolve("file"), new byte[bytes]);
    cache.complete(key);
    Files.setLastModifiedTime(
        cache.folder(key).resolve("complete"), FileTime.fromMillis(used * 1000));
  }

  @Test
  void whatIsNotWholeDoesNotCount() throws IOException {
    Files.createDirectories(cache.folder(A));
    assertThat(cache.isComplete(A)).isFalse();
    cache.complete(A);
    assertThat(cache.isComplete(A)).isTrue();
  }

  @Test
  void manyUseWhatOneMakes() throws IOException {
    assertThat(cache.enter(A, false)).isTrue();
    assertThat(cache.enter(A, true)).isFalse();
    assertThat(cache.enter(A, false)).isFalse();
    assertThat(cache.enter(B, false)).isTrue();
    cache.leave(A);
    assertThat(cache.enter(A, true)).isTrue();
    assertThat(cache.enter(A, true)).isTrue();
    assertThat(cache.enter(A, false)).isFalse();
    cache.leave(A);
    assertThat(cache.enter(A, false)).isFalse();
    cache.leave(A);
    assertThat(cache.enter(A, false)).isTrue();
  }

  @Test
  void theLongestUnusedGoesFirst() throws IOException {
    make(A, 100, 30);
    make(B, 100, 10);
    make(C, 100, 20);
    cache.prune(200);
    assertThat(cache.folder(B)).doesNotExist();
    assertThat(cache.folder(A)).exists();
    assertThat(cache.folder(C)).exists();
  }

  @Test
  void whatIsUsedStays() throws IOException {
    make(A, 100, 10);
    make(B, 100, 20);
    assertThat(cache.enter(A, true)).isTrue();
    cache.prune(0);
    assertThat(cache.folder(A)).exists();
    assertThat(cache.folder(B)).doesNotExist();
    cache.leave(A);
    cache.prune(0);
    assertThat(cache.folder(A)).doesNotExist();
  }

  @Test
  void whatAKilledServerLeftHalfDoneGoes() throws IOException {
    Files.createDirectories(cache.folder(A).resolve("venv"));
    make(B, 10, 10);
    cache.prune(1000);
    assertThat(cache.folder(A)).doesNotExist();
    assertThat(cache.folder(B)).exists();
  }

  @Test
  void filesOfOthersStay() throws IOException {
    Path other = Files.createDirectories(base.resolve("deep/cache/mine"));
    cache.prune(0);
    assertThat(other).exists();
  }

  @Test
  void aFolderThatOthersMayWriteToIsRefused() throws IOException {
    Path open = Files.createDirectories(base.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> EnvironmentCache.open(open))
        .hasMessageContaining(
            "with rwxrwxrwx (expected: a folder that the server's user may write");
  }
}
