package ai.mariner.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  private static final long NO_PROCESS = 999_999_999L;

  @TempDir Path temp;

  private Path folder(long pid, String number) {
    return temp.resolve("mariner-" + pid + "-" + number);
  }

  private static Path leave(Path folder, boolean withLock) throws IOException {
    Files.createDirectories(folder.resolve("models"));
    Files.writeString(folder.resolve("models").resolve("weights"), "w");
    if (withLock) {
      Files.writeString(folder.resolve("lock"), "");
    }
    return folder;
  }

  @Test
  void foldersOfServersThatAreNoMoreAreSwept() throws IOException {
    Path oldManner = leave(folder(NO_PROCESS, "00000001"), false);
    Path dead = leave(folder(NO_PROCESS, "00000002"), true);
    // In a container the dead server often had the number that this one has.
    Path samePid = leave(folder(ProcessHandle.current().pid(), "00000003"), true);
    RunDirectory own = RunDirectory.create(folder(ProcessHandle.current().pid(), "00000004"));
    assertThat(temp).isDirectoryNotContaining(path -> path.equals(oldManner));
    assertThat(temp).isDirectoryNotContaining(path -> path.equals(dead));
    assertThat(temp).isDirectoryNotContaining(path -> path.equals(samePid));
    own.remove();
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void whatLivesOrIsNoneOfOursStays() throws IOException {
    // Another container's server may have a number that no process has here.
    RunDirectory living = RunDirectory.create(folder(NO_PROCESS, "00000005"));
    Path noLock = leave(folder(ProcessHandle.current().pid(), "00000006"), false);
    Path stranger = leave(temp.resolve("mariner-cache"), false);
    RunDirectory.create(folder(ProcessHandle.current().pid(), "00000007")).remove();
    assertThat(folder(NO_PROCESS, "00000005")).exists();
    assertThat(noLock).exists();
    assertThat(stranger).exists();
    living.remove();
  }

  @Test
  void socketsGoToAShortFolderWhenTheirPathWouldBeTooLong(@TempDir Path folder) throws Exception {
    Path deep = Files.createDirectories(folder.resolve("x".repeat(90)));
    String name = "mariner-" + ProcessHandle.current().pid() + "-0badcafe";
    RunDirectory own = RunDirectory.create(deep.resolve(name));
    RunDirectory sockets = own.forSockets();
    assertThat(sockets.path()).isEqualTo(Path.of("/tmp", name)).isDirectory();
    sockets.remove();
    own.remove();
    assertThat(Path.of("/tmp", name)).doesNotExist();
    assertThat(deep).isEmptyDirectory();
  }

  @Test
  void socketsStayInTheRunFolderWhenTheirPathIsShort() throws Exception {
    Path name = Path.of("/tmp", "mariner-" + ProcessHandle.current().pid() + "-0badf00d");
    RunDirectory own = RunDirectory.create(name);
    assertThat(own.forSockets()).isSameAs(own);
    own.remove();
  }
}
