package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.Manifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ManifestReaderTest {
  @TempDir Path root;

  private ManifestFile read(String json) {
    try {
      Path folder = Files.createDirectories(root.resolve("MAR-INF"));
      Files.writeString(folder.resolve("MANIFEST.json"), json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ManifestReader().read(root);
  }

  private String refusal(String json) {
    Throwable thrown = catchThrowable(() -> read(json));
    assertThat(thrown).isInstanceOf(ServeException.class);
    ServeException refusal = (ServeException) thrown;
    assertThat(refusal.failure().kind()).isEqualTo(ErrorKind.ARCHIVE_INVALID);
    assertThat(refusal.failure().message()).contains("(expected: ");
    return refusal.failure().message();
  }

  private static String model(String fields) {
    return "{\"runtime\": \"python3\", \"model\": {" + fields + "}}";
  }

  @Test
  void readsAllThatTheFrontendNeeds() {
    ManifestFile file =
        read(
            model(
                """
                "modelName": "m-1.x", "modelVersion": "2.0-rc 1", "handler": "pkg/h.py:fn",
                "envelope": "json", "configFile": "conf/c.yaml", "extensions": {"a": [1, {}]}
                """));
    assertThat(file.manifest())
        .isEqualTo(new Manifest("m-1.x", "2.0-rc 1", "pkg/h.py:fn", "python3", "json"));
    assertThat(file.configFile()).isEqualTo("conf/c.yaml");
  }

  @Test
  void namesTheFileOfWhatToInstall() {
    String json = model("\"requirementsFile\": \"needs/requirements.txt\"");
    assertThat(read(json).manifest().requirementsFile()).isEqualTo("needs/requirements.txt");
    assertThat(read(model("\"requirementsFile\": \"\"")).manifest().requirementsFile()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"model\": null}", "{\"model\": {\"modelName\": \"\"}}"})
  void hasDefaultsForEverything(String json) {
    assertThat(read(json).manifest()).isEqualTo(new Manifest(null, "1.0", null, "python", null));
  }

  @Test
  void takesAVersionThatIsANumberAsItIsWritten() {
    assertThat(read(model("\"modelVersion\": 1.10")).manifest().modelVersion()).isEqualTo("1.10");
    assertThat(read(model("\"modelVersion\": 2")).manifest().modelVersion()).isEqualTo("2");
  }

  @Test
  void refusesRuntimes() {
    assertThat(refusal("{\"runtime\": \"LSP\"}"))
        .contains("runtime: LSP (expected: python or python3")
        .contains("not supported");
    assertThat(refusal("{\"runtime\": \"Python\"}"))
        .contains("runtime: Python (expected: python or python3)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "/", ".", "..", " ", "a\\nb", "a\\u0085b", "a\\ud800b"})
  void refusesNamesThatFitNoRoute(String name) {
    assertThat(refusal(model("\"modelName\": \"" + name + "\""))).contains("model.modelName: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {".a", "-a", "_a", "a b", "a%2f", "ä", "a?b", "a:b"})
  void takesNamesThatServersBeforeTook(String name) {
    assertThat(read(model("\"modelName\": \"" + name + "\"")).manifest().modelName())
        .isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1/2", "1\\n", " "})
  void refusesVersionsThatFitNoRoute(String version) {
    assertThat(refusal(model("\"modelVersion\": \"" + version + "\"")))
        .contains("model.modelVersion: ");
    assertThat(refusal(model("\"modelVersion\": \"" + "9".repeat(129) + "\""))).contains("128");
  }

  @ParameterizedTest
  @CsvSource({
    "configFile, ../c.yaml",
    "configFile, /etc/c.yaml",
    "handler, ../h.py",
    "handler, /h.py:fn",
    "handler, a/../../h.py:fn",
    "modelFile, ../m.py",
    "serializedFile, /m.pt",
    "requirementsFile, ../r.txt"
  })
  void refusesPathsThatLeaveTheArchive(String key, String path) {
    assertThat(refusal(model("\"" + key + "\": \"" + path + "\"")))
        .contains("model." + key + ": " + path + " (expected: a path within the archive)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null",
        "{",
        "{} x",
        "{\"model\": []}",
        "{\"runtime\": {}}",
        "{\"runtime\": true}",
        "\u0000",
        "{'model': {}}"
      })
  void refusesWhatIsNoManifest(String json) {
    refusal(json);
  }

  @Test
  void boundsDepthAndSize() {
    assertThat(refusal("{\"x\": " + "[".repeat(5000) + "]".repeat(5000) + "}")).contains("line 1");
    assertThat(refusal("{\"x\": \"" + "y".repeat(SmallFile.MAX_BYTES) + "\"}")).contains("1048576");
    refusal("{\"x\": " + "9".repeat(5000) + "}");
  }

  @Test
  void refusesTextThatIsNotUtf8() throws IOException {
    Path folder = Files.createDirectories(root.resolve("MAR-INF"));
    Files.write(folder.resolve("MANIFEST.json"), new byte[] {'{', (byte) 0xff, '}'});
    Throwable thrown = catchThrowable(() -> new ManifestReader().read(root));
    assertThat(thrown).hasMessageContaining("UTF-8");
  }
}
