package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.archive.ModelKinds.Found;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class ModelKindsTest {
  @TestFactory
  List<DynamicTest> kindsAreFoundAsWorkersFindThem(@TempDir Path root) throws IOException {
    Path cases = Path.of(System.getProperty("mariner.root"), "proto", "runtimes", "kinds.json");
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode each : JsonMapper.builder().build().readTree(cases.toFile())) {
      String name = each.get("name").asText();
      tests.add(DynamicTest.dynamicTest(name, () -> check(each, root.resolve(name))));
    }
    return tests;
  }

  private static void check(JsonNode each, Path folder) throws IOException {
    for (var file : each.get("files").properties()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, file.getValue().asText().getBytes(StandardCharsets.ISO_8859_1));
    }
    String path = each.get("path").asText();
    Found found =
        path.isEmpty()
            ? ModelKinds.ofFolder(folder)
            : ModelKinds.ofFile(folder.resolve(path), path);
    if (each.get("runtime").isNull()) {
      assertThat(found).isNull();
      return;
    }
    String file = each.get("file").isNull() ? null : each.get("file").asText();
    assertThat(found).isEqualTo(new Found(each.get("runtime").asText(), file));
  }
}
