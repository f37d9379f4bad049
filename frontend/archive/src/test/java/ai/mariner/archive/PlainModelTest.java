package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.model.ModelArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlainModelTest {
  @TempDir Path root;
  private StoreRig rig;

  @BeforeEach
  void makeRig() throws IOException {
    rig = new StoreRig(root);
  }

  @Test
  void fileOfTheStoreIsServedWithTheHandlerOfItsKind() throws IOException {
    rig.put("my.iris.joblib", new byte[] {1, 2});
    ModelArchive archive = rig.marStore().fetch("my.iris.joblib");
    assertThat(archive.manifest().handler()).isEqualTo("ts.runtimes.sklearn");
    assertThat(archive.manifest().modelName()).isEqualTo("my_iris");
    assertThat(archive.directory().resolve("my.iris.joblib")).hasBinaryContent(new byte[] {1, 2});
    archive.release().run();
    assertThat(rig.leftovers()).isEmpty();
    assertThat(rig.storeNames()).containsExactly("my.iris.joblib");
  }

  @Test
  void fileKeepsItsContentWhenAnotherTakesItsPlace() throws IOException {
    rig.put("m.onnx", new byte[] {1});
    ModelArchive archive = rig.marStore().fetch("m.onnx");
    Files.delete(rig.store.resolve("m.onnx"));
    rig.put("m.onnx", new byte[] {2});
    assertThat(archive.directory().resolve("m.onnx")).hasBinaryContent(new byte[] {1});
  }

  @Test
  void onnxComesWithTheDataBesideItsFile() throws IOException {
    rig.put("m.onnx", new byte[] {1});
    rig.put("m.onnx.data", new byte[] {2});
    ModelArchive archive = rig.marStore().fetch("m.onnx");
    assertThat(archive.directory().resolve("m.onnx.data")).hasBinaryContent(new byte[] {2});
  }

  @Test
  void fileOfElsewhereIsKeptInTheStore() throws IOException {
    Path file = Files.write(root.resolve("far.ubj"), new byte[] {'{', 'L'});
    rig.allow("file://.*");
    ModelArchive archive = rig.marStore().fetch("file://" + file);
    assertThat(archive.manifest().handler()).isEqualTo("ts.runtimes.xgboost");
    assertThat(rig.storeNames()).containsExactly("far.ubj");
    archive.release().run();
    assertThat(rig.storeNames()).isEmpty();
  }

  @Test
  void folderIsServedThroughLinksAndStaysAsItIs() throws IOException {
    Path folder =
        StoreRig.unpackTo(
            rig.store.resolve("flow"),
            Map.of("MLmodel", "{}", "data/model.pkl", "x", "model-config.yaml", "minWorkers: 3"));
    ModelArchive archive = rig.marStore().fetch("flow");
    assertThat(archive.manifest().handler()).isEqualTo("ts.runtimes.mlflow");
    assertThat(archive.manifest().modelName()).isEqualTo("flow");
    assertThat(archive.directory().resolve("data/model.pkl")).hasContent("x");
    archive.release().run();
    assertThat(rig.leftovers()).isEmpty();
    assertThat(folder.resolve("data/model.pkl")).hasContent("x");
    assertThat(folder.resolve("MAR-INF")).doesNotExist();
  }

  @Test
  void foldersHaveTheirOldMeaningWhereTheConfigurationNamesHandler() throws IOException {
    StoreRig.unpackTo(rig.store.resolve("flow"), Map.of("MLmodel", "{}"));
    rig.plainFolders = false;
    assertThat(rig.marStore().fetch("flow").manifest().handler()).isNull();
  }

  @Test
  void archiveWithTheEndingOfModelIsAnArchive() throws IOException {
    rig.put(
        "m.pt", Archives.zip(Map.of("MAR-INF/MANIFEST.json", "{\"model\": {\"handler\": \"h\"}}")));
    assertThat(rig.marStore().fetch("m.pt").manifest().handler()).isEqualTo("h");
  }

  @Test
  void whatIsNeitherNamesTheEndings() {
    rig.put("m.bin", new byte[] {1, 2, 3, 4});
    assertThat(rig.refusal("m.bin", ErrorKind.ARCHIVE_INVALID)).contains(".onnx .joblib");
  }
}
