package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.application.FixedAnswer;
import ai.mariner.core.application.NodeSpec;
import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.application.RouteSpec.BodyForm;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.model.ApplicationArchive;
import ai.mariner.core.model.RegisterWorkflow;
import ai.mariner.core.model.WorkflowArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApplicationReaderTest {
  private static final String MANIFEST =
      """
      {"runtime": "python", "model": {"modelName": "x", "handler": "stage.py",
       "modelVersion": "1.0", "configFile": "model-config.yaml"}}
      """;
  private static final String APP =
      """
      {"format": 1, "name": "pets",
       "stages": {"see": {"folder": "stages/see"}, "say": {"folder": "stages/say"}},
       "routes": [
         {"method": "POST", "path": "/see", "body": "inputs", "events": true, "timeoutMs": 500,
          "nodes": [{"name": "a", "stage": "see"}, {"name": "b", "stage": "say", "inputs": ["a"], "retries": 2}],
          "emptyBody": {"status": 422, "type": "text/plain", "text": "nothing"}}],
       "documents": [
         {"path": "/", "type": "text/html", "file": "documents/0", "health": true,
          "drainText": "bye"},
         {"path": "/metrics", "type": "text/plain", "metrics": "pets"},
         {"path": "/docs", "openapi": "/pets.json"}],
       "failures": {"QUEUE_FULL": {"status": 429, "text": "later"}, "*": {"status": 500}}}
      """;

  @TempDir Path folder;

  private static Map<String, String> files(String app) {
    Map<String, String> files = new LinkedHashMap<>();
    files.put("app.json", app);
    files.put("documents/0", "<p>pets</p>");
    for (String stage : new String[] {"see", "say"}) {
      files.put("stages/" + stage + "/MAR-INF/MANIFEST.json", MANIFEST);
      files.put("stages/" + stage + "/model-config.yaml", "{\"batchSize\": 4}");
      files.put("stages/" + stage + "/stage.py", "def handle(data, context):\n    return data\n");
    }
    return files;
  }

  private WorkflowArchive fetch(Map<String, String> files) throws IOException {
    StoreRig rig = new StoreRig(folder);
    rig.put("pets.war", Archives.zip(files));
    return new WarStore(rig.marStore()).fetch(new RegisterWorkflow("pets.war", null, null, null));
  }

  private static ApplicationArchive application(WorkflowArchive archive) {
    return (ApplicationArchive) archive.content();
  }

  @Test
  void anArchiveSaysStagesRoutesPagesAndFailures() throws IOException {
    WorkflowArchive archive = fetch(files(APP));
    assertThat(archive.name()).isEqualTo("pets");
    ApplicationSpec spec = application(archive).spec();
    assertThat(spec.stages()).containsExactly("see", "say");
    RouteSpec route = spec.routes().get(0);
    assertThat(route.nodes().get(1).inputs()).containsExactly("a");
    assertThat(route.nodes()).extracting(NodeSpec::retries).containsExactly(0, 2);
    assertThat(route.body()).isEqualTo(BodyForm.INPUTS);
    assertThat(route.events()).isTrue();
    assertThat(route.timeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(route.emptyBody()).isEqualTo(new FixedAnswer(422, "text/plain", "nothing"));
    assertThat(spec.documents().get(0).content().size()).isEqualTo(11);
    assertThat(spec.documents().get(0).drainText()).isEqualTo("bye");
    assertThat(spec.documents().get(0).metricsNamespace()).isNull();
    assertThat(spec.documents().get(1).metricsNamespace()).isEqualTo("pets");
    assertThat(spec.documents().get(1).openApi()).isNull();
    assertThat(spec.documents().get(2).openApi()).isEqualTo("/pets.json");
    assertThat(spec.answerTo(ErrorKind.QUEUE_FULL)).isEqualTo(new FixedAnswer(429, null, "later"));
    assertThat(spec.answerTo(ErrorKind.INTERNAL)).isEqualTo(new FixedAnswer(500, null, ""));
    assertThat(application(archive).stages().get("see").overrides().get(ProgramOptions.BATCH_SIZE))
        .isEqualTo(4);
  }

  @Test
  void aStartMayNameAnyFolderOrFile() throws IOException {
    Path app = StoreRig.unpackTo(folder.resolve("somewhere"), files(APP));
    WarStore store = new WarStore(new StoreRig(folder).marStore());
    WorkflowArchive unpacked = store.fetch(RegisterWorkflow.atStart(app.toString()));
    assertThat(application(unpacked).stages().get("see").directory())
        .isEqualTo(app.resolve("stages/see"));
    Path file = Files.write(folder.resolve("packed.war"), Archives.zip(files(APP)));
    assertThat(store.fetch(RegisterWorkflow.atStart(file.toString())).name()).isEqualTo("pets");
    assertThatThrownBy(() -> store.fetch(new RegisterWorkflow(app.toString(), null, null, null)))
        .hasMessageContaining("allowed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "format": 1, | | app.json: format: absent (expected: 1)
          "name": "pets" | "name": "a/b" | app.json: name: a/b (expected: 1 to 128
          stages/see"} | ../see"} | app.json: stages.see.folder: ../see (expected: a folder of
          "stage": "say" | "stage": "no" | routes[0].nodes[1].stage: no (expected: one of see, say)
          "inputs": ["a"] | "inputs": [1] | routes[0].nodes[1].inputs[0]: 1 (expected: a string)
          "inputs": ["a"] | "input": ["a"] | nodes[1].input: unknown key (expected: inputs)
          "retries": 2 | "retries": -1 | nodes[1].retries: -1 (expected: a whole
          "timeoutMs": 500 | "timeoutMs": 0 | routes[0].timeoutMs: 0 (expected: a whole number from 1
          "method": "POST" | "method": "po st" | routes[0].method: po st (expected: an HTTP method
          "path": "/see" | "path": "see" | routes[0].path: see (expected: a path that begins with /
          "body": "inputs" | "body": "form" | routes[0].body: form (expected: raw or inputs)
          "events": true | "events": 1 | routes[0].events: 1 (expected: true or false)
          documents/0 | ../documents/0 | documents[0].file: ../documents/0 (expected: a file of
          "health": true, | | documents[0].drainText: bye (expected: none
          "metrics": "pets" | "metrics": "my pets" | documents[1].metrics: my pets (expected: a name
          "metrics": "pets" | "metrics": "p", "health": true | documents[1].health
          "openapi": "/pets.json" | "openapi": "pets.json" | documents[2].openapi: pets.json (expected: a path
          "openapi": "/pets.json" | "openapi": "/p", "type": "x" | documents[2].type: unknown key
          "QUEUE_FULL" | "FULL" | app.json: failures: FULL (expected: * or a kind of
          "status": 429 | "status": 42 | failures.QUEUE_FULL.status: 42 (expected: a whole number
          "status": 429, | | failures.QUEUE_FULL.status: absent (expected: an HTTP status)
          "name": "pets", | "name": "pets", "name": "two", | app.json: not valid JSON
          """)
  void whatIsWrongIsToldWithThePathOfItsKey(String text, String instead, String message)
      throws IOException {
    String bad = APP.replace(text, instead == null ? "" : instead);
    assertThat(bad).isNotEqualTo(APP);
    assertThatThrownBy(() -> fetch(files(bad))).hasMessageContaining(message);
    assertThat(new StoreRig(folder).leftovers()).isEmpty();
  }

  @Test
  void aStageThatIsNoModelIsToldByItsName() throws IOException {
    Map<String, String> files = files(APP);
    files.put("stages/say/MAR-INF/MANIFEST.json", "[]");
    assertThatThrownBy(() -> fetch(files)).hasMessageStartingWith("stages.say: MAR-INF/MANIFEST");
  }

  @Test
  void linksOutOfTheFolderAreRefused() throws IOException {
    Path app = StoreRig.unpackTo(folder.resolve("somewhere"), files(APP));
    Path secret = Files.writeString(folder.resolve("secret"), "secret");
    Files.delete(app.resolve("documents/0"));
    Files.createSymbolicLink(app.resolve("documents/0"), secret);
    WarStore store = new WarStore(new StoreRig(folder).marStore());
    assertThatThrownBy(() -> store.fetch(RegisterWorkflow.atStart(app.toString())))
        .hasMessageContaining("documents[0].file: documents/0 (expected: a file of");
  }
}
