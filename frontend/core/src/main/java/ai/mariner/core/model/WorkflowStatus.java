package ai.mariner.core.model;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.config.ModelOverrides;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A registered workflow as it is shown.
 *
 * @param name registered name
 * @param location its archive's location as it was given
 * @param steps its nodes, each after its inputs; the stages of an application
 * @param application what it is made of if it is an application; absent: it is none
 */
public record WorkflowStatus(
    String name, String location, List<Step> steps, @Nullable ApplicationSpec application) {
  /** Copies the steps. */
  public WorkflowStatus {
    steps = List.copyOf(steps);
  }

  /**
   * A node or stage.
   *
   * @param name name within the workflow
   * @param inputs nodes whose answers it is given
   * @param options options of its model
   */
  public record Step(String name, List<String> inputs, ModelOverrides options) {
    /** Copies the inputs. */
    public Step {
      inputs = List.copyOf(inputs);
    }
  }

  /** How an archive is shown that is registered under a name. */
  static WorkflowStatus of(String name, WorkflowArchive archive) {
    String location = archive.files().location();
    if (archive.content() instanceof ApplicationArchive application) {
      List<Step> stages =
          application.spec().stages().stream().map(stage -> stage(application, stage)).toList();
      return new WorkflowStatus(name, location, stages, application.spec());
    }
    List<Step> steps =
        ((WorkflowSpec) archive.content())
            .steps().stream()
                .map(step -> new Step(step.name(), step.inputs(), step.options()))
                .toList();
    return new WorkflowStatus(name, location, steps, null);
  }

  private static Step stage(ApplicationArchive application, String stage) {
    ModelArchive files = application.stages().get(stage);
    return new Step(stage, List.of(), files == null ? ModelOverrides.NONE : files.overrides());
  }
}
