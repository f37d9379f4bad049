package ai.mariner.archive;

import ai.mariner.core.model.ApplicationArchive;
import ai.mariner.core.model.ModelArchive;
import ai.mariner.core.model.RegisterWorkflow;
import ai.mariner.core.model.WorkflowArchive;
import ai.mariner.core.model.WorkflowSpec;
import ai.mariner.core.model.WorkflowStore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Archives of workflows and applications, which are found, fetched and unpacked as those of models
 * are.
 */
public final class WarStore implements WorkflowStore {
  private static final String LABEL = "WAR-INF/MANIFEST.json";

  private final MarStore archives;

  /**
   * A store.
   *
   * @param archives finds the files
   */
  public WarStore(MarStore archives) {
    this.archives = archives;
  }

  @Override
  public WorkflowArchive fetch(RegisterWorkflow order) {
    ModelArchive files =
        order.atStart()
            ? archives.open(order.location())
            : archives.fetch(order.location(), order.signed());
    try {
      return read(files);
    } catch (RuntimeException e) {
      files.release().run();
      throw e;
    }
  }

  private WorkflowArchive read(ModelArchive files) {
    Path folder = files.directory();
    if (Files.isRegularFile(folder.resolve(ApplicationReader.FILE))) {
      ApplicationArchive application = ApplicationReader.read(files, archives::contents);
      return new WorkflowArchive(files, application.spec().name(), application);
    }
    Path manifest = folder.resolve("WAR-INF").resolve("MANIFEST.json");
    if (!isOwnFile(folder, manifest)) {
      throw Refusals.invalid(
          LABEL
              + " is not there (expected: an archive made by torch-workflow-archiver, or an"
              + " application with app.json)");
    }
    JsonNode workflow = workflow(SmallFile.text(manifest, LABEL));
    String name = required(workflow, "workflowName");
    String specFile = required(workflow, "specFile");
    Path spec = ownFile(folder, "workflow.specFile", specFile);
    String handler = text(workflow, "handler");
    if (handler != null) {
      var unused = ownFile(folder, "workflow.handler", handler);
    }
    WorkflowSpec content = WorkflowReader.read(spec, Refusals.shown(specFile), handler);
    return new WorkflowArchive(files, name, content);
  }

  private static JsonNode workflow(String text) {
    try {
      JsonNode workflow = ManifestReader.JSON.readTree(text).path("workflow");
      if (!workflow.isObject()) {
        throw Refusals.invalid(LABEL + ": workflow: absent (expected: a JSON object)");
      }
      return workflow;
    } catch (JsonProcessingException e) {
      throw Refusals.invalid(
          LABEL + ": not valid JSON (expected: {...}); " + Refusals.shown(e.getOriginalMessage()),
          e);
    }
  }

  private static String required(JsonNode workflow, String key) {
    String text = text(workflow, key);
    if (text == null) {
      throw Refusals.invalid(LABEL + ": workflow." + key + ": absent (expected: a text)");
    }
    return text;
  }

  private static @Nullable String text(JsonNode workflow, String key) {
    JsonNode value = workflow.path(key);
    if (value.isMissingNode() || value.isNull() || value.asText().isEmpty()) {
      return null;
    }
    if (!value.isTextual()) {
      throw Refusals.invalid(
          LABEL
              + ": workflow."
              + key
              + ": "
              + Refusals.shown(value.toString())
              + " (expected: a text)");
    }
    return value.asText();
  }

  private static Path ownFile(Path folder, String key, String name) {
    Path file = ManifestReader.isWithin(name) ? folder.resolve(name) : null;
    if (file == null || !isOwnFile(folder, file)) {
      throw Refusals.invalid(
          LABEL + ": " + key + ": " + Refusals.shown(name) + " (expected: a file of the archive)");
    }
    return file;
  }

  private static boolean isOwnFile(Path folder, Path file) {
    return Files.isRegularFile(file) && ContentsReader.liesWithin(folder, file);
  }
}
