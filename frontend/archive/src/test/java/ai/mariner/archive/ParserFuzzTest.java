package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.testing.Fuzz;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged archives, manifests and options: read, or refused as the archive's fault. */
@Tag("fuzz")
final class ParserFuzzTest {
  private static final String YAML =
      "minWorkers: 1\nmaxWorkers: 2\nbatchSize: &size 4\nmaxBatchDelay: 50\ndeviceIds: [0, 1]\n"
          + "handler: {mode: fast, sizes: [*size, 0x10, 1_000]}\nresponseTimeout: 60\n";
  private static final List<String> YAML_WORDS =
      List.of(
          "&a ",
          "*a",
          "<<: ",
          "!!",
          "!!java.net.URL ",
          "? ",
          "- ",
          ": ",
          "{",
          "}",
          "[",
          "]",
          "|\n",
          ">",
          "\"",
          "'",
          "#",
          "---\n",
          "%YAML 9.9\n",
          "\t",
          "0x",
          "1e999",
          ".nan",
          "~",
          "\n  ",
          "batchSize: ",
          "-1",
          "99999999999999999999",
          "\0",
          "\377\376");
  private static final List<String> JSON_WORDS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "null",
          "true",
          "-1",
          "1e999",
          "\\u0000",
          "\\ud800",
          "\"modelName\": \"..\"",
          "\"serializedFile\": \"/x\"",
          "\0");

  @TempDir Path root;

  @Test
  void zipArchives() throws IOException {
    Map<String, String> files = Archives.modelWithOptions(YAML);
    archives("zip", Archives.zip(files), List.of("PK\3\4", "PK\1\2", "PK\5\6", "../", "\0\0"));
  }

  @Test
  void tarArchives() throws IOException {
    Map<String, String> files = Archives.modelWithOptions(YAML);
    archives("tar", Archives.tarGz("echo/", files), List.of("\37\213", "../", "ustar", "\0\0"));
  }

  private void archives(String target, byte[] whole, List<String> words) throws IOException {
    StoreRig rig = new StoreRig(root);
    MarStore store = rig.marStore();
    new Fuzz("archive", target, List.of(whole), words)
        .run(
            200,
            bytes -> {
              rig.put("m.mar", bytes);
              refusedOrNot(() -> store.fetch("m.mar").release().run());
              assertThat(rig.leftovers()).isEmpty();
            });
  }

  @Test
  void options() {
    for (Profile profile : Profile.values()) {
      ModelYamlReader reader = new ModelYamlReader(profile);
      new Fuzz("archive", "options", List.of(Archives.bytes(YAML)), YAML_WORDS)
          .run(2000, bytes -> refusedOrNot(() -> reader.read(text(bytes), "model-config.yaml")));
    }
  }

  @Test
  void manifests() throws IOException {
    ManifestReader reader = new ManifestReader();
    Path file = Files.createDirectory(root.resolve("MAR-INF")).resolve("MANIFEST.json");
    new Fuzz("archive", "manifest", List.of(Archives.bytes(Archives.MANIFEST)), JSON_WORDS)
        .run(
            2000,
            bytes -> {
              write(file, bytes);
              refusedOrNot(() -> reader.read(root));
            });
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static void refusedOrNot(Runnable parse) {
    try {
      parse.run();
    } catch (ServeException e) {
      assertThat(e.failure().kind()).isEqualTo(ErrorKind.ARCHIVE_INVALID);
      assertThat(e.failure().message()).isNotBlank();
    }
  }
}
