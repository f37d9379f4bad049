package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.ModelArchive;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random damage: whatever happens, it is either served or refused, and nothing stays behind. */
final class FuzzTest {
  private static final String YAML =
      """
      minWorkers: 1
      maxWorkers: 2
      batchSize: &size 4
      maxBatchDelay: 50
      batchPolicy: window
      deviceIds: [0, 1]
      responseTimeout: 60
      handler: {mode: fast, sizes: [*size, 0x10, 1_000, 2026-11-21], when: 2026-11-21T01:02:03Z}
      sequenceBatching: no
      """;

  @TempDir Path root;

  @Test
  void damagedArchivesAreServedOrRefused() throws IOException {
    StoreRig rig = new StoreRig(root);
    MarStore store = rig.marStore();
    Map<String, String> files = Archives.modelWithOptions(YAML);
    Random random = new Random(20261121);
    int refused = 0;
    for (byte[] whole : new byte[][] {Archives.zip(files), Archives.tarGz("echo/", files)}) {
      for (int round = 0; round < 600; round++) {
        rig.put("m.mar", damaged(whole, random));
        refused += fetchAndRelease(store) ? 0 : 1;
        assertThat(rig.leftovers()).describedAs("round %d", round).isEmpty();
      }
    }
    assertThat(refused).isBetween(300, 1199);
    assertThat(rig.storeNames()).containsExactly("m.mar");
  }

  private static boolean fetchAndRelease(MarStore store) {
    try {
      ModelArchive archive = store.fetch("m.mar");
      archive.release().run();
      return true;
    } catch (ServeException e) {
      assertThat(e.failure().kind()).isEqualTo(ErrorKind.ARCHIVE_INVALID);
      assertThat(e.failure().message()).contains("(expected: ");
      return false;
    }
  }

  @Test
  void damagedOptionsAreReadOrRefused() {
    ModelYamlReader reader = new ModelYamlReader(Profile.TORCHSERVE);
    Random random = new Random(3);
    int read = 0;
    for (int round = 0; round < 4000; round++) {
      byte[] bytes = damaged(Archives.bytes(YAML), random);
      try {
        reader.read(new String(bytes, StandardCharsets.ISO_8859_1), "model-config.yaml");
        read++;
      } catch (ServeException e) {
        assertThat(e.failure().kind()).isEqualTo(ErrorKind.ARCHIVE_INVALID);
      }
    }
    assertThat(read).isBetween(10, 3990);
  }

  @Test
  void damagedManifestsAreReadOrRefused() throws IOException {
    ManifestReader reader = new ManifestReader();
    Path file = Files.createDirectory(root.resolve("MAR-INF")).resolve("MANIFEST.json");
    Random random = new Random(4);
    int read = 0;
    for (int round = 0; round < 2000; round++) {
      Files.write(file, damaged(Archives.bytes(Archives.MANIFEST), random));
      try {
        reader.read(root);
        read++;
      } catch (ServeException e) {
        assertThat(e.failure().kind()).isEqualTo(ErrorKind.ARCHIVE_INVALID);
      }
    }
    assertThat(read).isBetween(10, 1990);
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    int flips = 1 + random.nextInt(3);
    for (int i = 0; i < flips; i++) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }
}
