package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.model.RegisterWorkflow;
import ai.mariner.core.model.WorkflowArchive;
import ai.mariner.core.model.WorkflowSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WarStoreTest {
  private static final String MANIFEST =
      """
      {"createdOn": "20/11/2026 07:18:57", "archiverVersion": "0.2.15",
       "workflow": {"workflowName": "flow", "specFile": "spec.yaml", "handler": "functions.py"}}
      """;
  private static final String SPEC =
      """
      models:
        min-workers: 2
        max-workers: 2
        retry-attempts: 3
        m1:
          url: m1.mar
          batch-size: 4
        m2: {url: m2.mar, timeout-ms: 500, retry-attempts: 0}
      dag:
        pre: [m1, m2]
        m1: [post]
        m2: [post]
      """;

  @TempDir Path folder;

  private WorkflowArchive fetch(String manifest, String spec) throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    files.put("WAR-INF/MANIFEST.json", manifest);
    files.put("spec.yaml", spec);
    files.put("functions.py", "def pre(data, context):\n    return data\n");
    StoreRig rig = new StoreRig(folder);
    rig.put("flow.war", Archives.zip(files));
    return new WarStore(rig.marStore()).fetch(new RegisterWorkflow("flow.war", null, null, null));
  }

  private static WorkflowSpec spec(WorkflowArchive flow) {
    return (WorkflowSpec) flow.content();
  }

  private void assertRefused(String manifest, String spec, String message) throws IOException {
    assertThatThrownBy(() -> fetch(manifest, spec)).hasMessageContaining(message);
    Path models = folder.resolve("work").resolve("models");
    if (Files.isDirectory(models)) {
      try (Stream<Path> left = Files.list(models)) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Test
  void aSpecificationSaysWhoIsGivenWhat() throws IOException {
    WorkflowArchive flow = fetch(MANIFEST, SPEC);
    assertThat(flow.name()).isEqualTo("flow");
    assertThat(spec(flow).handler()).isEqualTo("functions.py");
    assertThat(spec(flow).steps())
        .extracting(WorkflowSpec.Step::name)
        .containsExactly("pre", "m1", "m2", "post");
    WorkflowSpec.Step post = spec(flow).steps().get(3);
    assertThat(post.inputs()).containsExactly("m1", "m2");
    assertThat(post.url()).isNull();
    WorkflowSpec.Step m1 = spec(flow).steps().get(1);
    assertThat(m1.url()).isEqualTo("m1.mar");
    assertThat(m1.retries()).isEqualTo(3);
    assertThat(m1.timeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(m1.options().get(CrewOptions.MIN_WORKERS)).isEqualTo(2);
    assertThat(m1.options().get(ProgramOptions.BATCH_SIZE)).isEqualTo(4);
    assertThat(m1.options().get(ProgramOptions.MAX_BATCH_DELAY)).isEqualTo(Duration.ofMillis(50));
    WorkflowSpec.Step m2 = spec(flow).steps().get(2);
    assertThat(m2.retries()).isZero();
    assertThat(m2.timeout()).isEqualTo(Duration.ofMillis(500));
    flow.files().release().run();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "models: {}|spec.yaml: dag: empty or absent",
        "dag: {}|spec.yaml: dag: empty or absent",
        "dag: {a: b}|spec.yaml: dag.a: b (expected: a list of nodes)",
        "dag: {a: [c], b: [c]}|several start nodes: a, b (expected: one)",
        "{models: {m: {url: m.mar}}, dag: {a: [b]}}|models: m (expected: models that are nodes",
        "{models: {m: {}}, dag: {m: []}}|models.m.url: absent (expected: the location",
        "{models: {batch: 3}, dag: {m: []}}|models.batch: unknown key (expected: url, batch-size",
        "{models: {m: {url: m.mar, batch-size: 0}}, dag: {m: []}}|a whole number >= 1",
        "{models: {m: {url: m.mar, min-workers: 2, max-workers: 1}}, dag: {m: []}}|>= min-workers",
        "{nodes: {}, dag: {m: []}}|nodes: unknown key (expected: models and dag)",
        "dag: [1]|spec.yaml: dag: [1] (expected: a mapping)"
      })
  void aSpecificationThatIsNoneIsRefusedAndNothingIsLeft(String spec, String message)
      throws IOException {
    assertRefused(MANIFEST, spec, message);
  }

  @Test
  void filesOutsideTheArchiveAreRefused() throws IOException {
    assertRefused(MANIFEST.replace("spec.yaml", "../spec.yaml"), SPEC, "workflow.specFile");
    assertRefused(MANIFEST.replace("functions.py", "/etc/passwd"), SPEC, "workflow.handler");
    assertRefused(MANIFEST.replace("functions.py", "absent.py"), SPEC, "a file of the archive");
  }

  @Test
  void anArchiveOfAModelIsNoWorkflow() throws IOException {
    StoreRig rig = new StoreRig(folder);
    rig.put("m.mar", Archives.zip(Archives.model()));
    assertThatThrownBy(
            () ->
                new WarStore(rig.marStore()).fetch(new RegisterWorkflow("m.mar", null, null, null)))
        .hasMessageContaining("WAR-INF/MANIFEST.json is not there");
  }

  @Test
  void aManifestThatIsNoneIsRefused() throws IOException {
    assertRefused("{", SPEC, "not valid JSON");
    assertRefused("{}", SPEC, "workflow: absent");
    assertRefused(MANIFEST.replace("workflowName", "name"), SPEC, "workflow.workflowName: absent");
  }
}
