package ai.mariner.server.state;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import ai.mariner.server.state.ServerState.Model;
import ai.mariner.server.state.ServerState.Phase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
  private static final ServerState START = ServerState.starting(123, Profile.MARINER);

  @TempDir Path folder;
  private Path path;

  @BeforeEach
  void name() {
    path = folder.resolve("state.json");
  }

  private JsonNode read() throws IOException {
    return new ObjectMapper().readTree(path.toFile());
  }

  @Test
  void writesEveryField() throws IOException {
    ServerState state =
        START
            .in(Phase.LISTENING)
            .withListeners(Map.of("inference", "http://127.0.0.1:8080"))
            .withCertificate("REVS")
            .withModels(
                List.of(
                    new Model("m", null, "m.mar", Model.Progress.FETCHING, 0, 1, null),
                    new Model("n", "1.0", "n.mar", Model.Progress.FAILED, 0, 2, "é\"")))
            .withProblems(List.of("port taken"));
    new StateFile(path).write(state);
    assertThat(read())
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"pid":123,"profile":"mariner","phase":"listening",
                     "listeners":{"inference":"http://127.0.0.1:8080"},
                     "certificate":"REVS",
                     "models":[
                      {"name":"m","version":null,"location":"m.mar","state":"fetching","workers":0,"wanted":1,"reason":null},
                      {"name":"n","version":"1.0","location":"n.mar","state":"failed","workers":0,"wanted":2,"reason":"é\\""}],
                     "problems":["port taken"]}
                    """));
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void theLastStateIsTheOneThatIsThere() throws IOException {
    StateFile file = new StateFile(path);
    file.write(START);
    file.write(START.in(Phase.STOPPED));
    assertThat(read().get("phase").textValue()).isEqualTo("stopped");
  }

  @Test
  void aFolderThatIsGoneDoesNoHarm() throws IOException {
    StateFile file = new StateFile(folder.resolve("gone/state.json"));
    file.write(START);
    Files.createDirectory(folder.resolve("gone"));
    file.write(START);
    assertThat(folder.resolve("gone/state.json")).exists();
  }
}
