package ai.mariner.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandFolderTest {
  @TempDir Path temp;

  @Test
  void goesWithAllThatTheCommandsKeepThere() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("run"));
    for (String name : List.of("console.log", "state.json", "state.json.new", "server.pid")) {
      Files.writeString(folder.resolve(name), "");
    }
    new CommandFolder(folder).remove();
    assertThat(folder).doesNotExist();
  }

  @Test
  void staysWhenItHoldsSomethingElse() throws IOException {
    Path stranger = Files.writeString(temp.resolve("letter"), "dear");
    Files.writeString(temp.resolve("server.pid"), "");
    new CommandFolder(temp).remove();
    assertThat(temp).isDirectoryContaining(path -> path.equals(stranger));
    assertThat(temp.resolve("server.pid")).doesNotExist();
  }

  @Test
  void thatIsGoneAlreadyIsNoProblem() {
    Path gone = temp.resolve("gone");
    new CommandFolder(gone).remove();
    assertThat(gone).doesNotExist();
  }
}
