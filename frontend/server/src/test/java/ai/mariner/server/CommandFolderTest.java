package ai.mariner.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandFolderTest {
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE = mode("rwx------");

  @TempDir Path temp;

  private static FileAttribute<Set<PosixFilePermission>> mode(String mode) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
  }

  /** The folder in which the commands keep all run folders of this user. */
  private Path root(Path parent) throws IOException {
    return parent.resolve("mariner-" + Files.getAttribute(temp, "unix:uid"));
  }

  @Test
  void goesWithAllThatTheCommandsKeepThere() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("run"));
    for (String name : List.of("console.log", "state.json", "state.json.new", "server.pid")) {
      Files.writeString(folder.resolve(name), "");
    }
    new CommandFolder(folder, null, null).remove();
    assertThat(folder).doesNotExist();
  }

  @Test
  void staysWhenItHoldsSomethingElse() throws IOException {
    Path stranger = Files.writeString(temp.resolve("letter"), "dear");
    Files.writeString(temp.resolve("server.pid"), "");
    new CommandFolder(temp, null, null).remove();
    assertThat(temp).isDirectoryContaining(path -> path.equals(stranger));
    assertThat(temp.resolve("server.pid")).doesNotExist();
  }

  @Test
  void isLeftToTheProcessThatStartedTheServerAsLongAsThatLives() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("run"));
    Path scratch = Files.createDirectories(temp.resolve("scratch/app"));
    Files.writeString(scratch.resolve("app.json"), "{}");
    long parent = ProcessHandle.current().parent().orElseThrow().pid();
    new CommandFolder(folder, parent, scratch.getParent()).remove();
    assertThat(scratch.resolve("app.json")).exists();
    assertThat(folder).exists();
    new CommandFolder(folder, ProcessHandle.current().pid(), scratch.getParent()).remove();
    assertThat(scratch.getParent()).doesNotExist();
    assertThat(folder).doesNotExist();
  }

  @Test
  void thatIsGoneAlreadyIsNoProblem() {
    Path gone = temp.resolve("gone");
    new CommandFolder(gone, null, null).remove();
    assertThat(gone).doesNotExist();
  }

  @Test
  void goesTogetherWithTheFolderOfAllWhenItIsTheLast() throws IOException {
    Path root = Files.createDirectory(root(temp), PRIVATE);
    Path first = Files.createDirectory(root.resolve("first"), PRIVATE);
    Path last = Files.createDirectory(root.resolve("last"), PRIVATE);
    Files.writeString(last.resolve("server.pid"), "");
    new CommandFolder(first, null, null).remove();
    assertThat(root).isDirectoryContaining(path -> path.equals(last));
    assertThat(first).doesNotExist();
    new CommandFolder(last, null, null).remove();
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void leavesTheFolderOfAllWhereSomethingOfItsOwnStays() throws IOException {
    Path root = Files.createDirectory(root(temp), PRIVATE);
    Path folder = Files.createDirectory(root.resolve("run"), PRIVATE);
    Path letter = Files.writeString(folder.resolve("letter"), "dear");
    new CommandFolder(folder, null, null).remove();
    assertThat(letter).exists();
  }

  @Test
  void leavesAFolderAboveThatIsNotTheCommands() throws IOException {
    Path other = Files.createDirectory(temp.resolve("mariner-store"), PRIVATE);
    Path open = Files.createDirectories(root(other));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (Path above : List.of(other, open)) {
      Path folder = Files.createDirectory(above.resolve("run"), PRIVATE);
      new CommandFolder(folder, null, null).remove();
      assertThat(folder).doesNotExist();
      assertThat(above).isDirectory();
    }
  }

  @Test
  void leavesALinkThatHasTheNameOfTheFolderOfAll() throws IOException {
    Path real = Files.createDirectory(temp.resolve("real"), PRIVATE);
    Path folder = Files.createDirectory(real.resolve("run"), PRIVATE);
    Path link = Files.createSymbolicLink(root(temp), real);
    new CommandFolder(link.resolve("run"), null, null).remove();
    assertThat(folder).doesNotExist();
    assertThat(link).isSymbolicLink();
    assertThat(real).isDirectory();
  }
}
