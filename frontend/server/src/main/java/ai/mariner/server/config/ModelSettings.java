package ai.mariner.server.config;

import ai.mariner.core.config.ServerConfig.StartupModel;
import ai.mariner.server.config.Setting.Fallback;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Keys of models: where they lie, what is loaded at start, and what holds for a model that does not
 * say.
 */
final class ModelSettings {
  final Chapter chapter = new Chapter(Section.MODELS);

  final Setting<Path> modelStore =
      chapter.row(
          "model_store",
          Syntax.path(),
          Fallback.NONE,
          "Folder of archives, relative to the working directory; also the target of downloads.");
  final Setting<Path> workflowStore =
      chapter.row(
          "workflow_store",
          Syntax.path(),
          Fallback.computed("`model_store`"),
          "Folder of archives of workflows, relative to the working directory.");
  final Setting<List<StartupModel>> loadModels =
      chapter.row(
          "load_models",
          StartupModels.syntax(),
          Fallback.NONE,
          "Models to load at start: `all`, or `[name=]location` with commas between them.");
  final Setting<List<String>> loadApps =
      chapter.row(
          "load_apps",
          Syntax.locations(),
          Fallback.NONE,
          "Applications to load at start: folders or `.war` files, relative to the working"
              + " directory, with commas between them.");
  final Setting<String> models =
      chapter.row(
          "models",
          Syntax.text().described("a JSON object"),
          Fallback.NONE,
          "Options by model and version as JSON: `{\"name\": {\"version\": {\"minWorkers\": 1,"
              + " …}}}`. Loads nothing by itself.");
  final Setting<String> modelSnapshot =
      chapter.row(
          "model_snapshot",
          Syntax.text().described("a JSON object"),
          Fallback.NONE,
          "Models to load at start with their options, in place of `load_models`, as snapshots have"
              + " them: `{\"models\": {\"name\": {\"version\": {\"marName\": \"name.mar\","
              + " \"minWorkers\": 1, …}}}}`.");
  final Setting<Boolean> configSnapshots =
      chapter.row(
          "config_snapshots",
          Syntax.bool(),
          new Fallback("true", "false", null),
          "Whether snapshots of the configuration and the models are written to the folder `config`"
              + " beside the logs: after the start, after each change of the models, and at the"
              + " end. `--no-config-snapshots` switches it off.");
  final Setting<Integer> configSnapshotsKept =
      chapter.row(
          "config_snapshots_kept",
          Syntax.whole(1, 1_000_000),
          "20",
          "How many of the newest snapshots are kept.");
  final Setting<Integer> defaultWorkers =
      chapter.row(
          "default_workers_per_model",
          Syntax.whole(0, 10_000),
          new Fallback("0", "1", null),
          "Workers of a model loaded at start; 0: one for each GPU, or for each CPU if there is no"
              + " GPU. If set, also of a model registered by a call, which else gets none.");
  final Setting<Integer> jobQueueSize =
      chapter.row(
          "job_queue_size",
          Syntax.whole(1, Integer.MAX_VALUE),
          "100",
          "Most waiting requests of a model version.");
  final Setting<Duration> responseTimeout =
      chapter.row(
          "default_response_timeout",
          Syntax.seconds(),
          "120",
          "Longest run of a batch, or pause between two streamed pieces, in seconds.");
  final Setting<Duration> startupTimeout =
      chapter.row(
          "default_startup_timeout",
          Syntax.seconds(),
          "120",
          "Longest load of a model, in seconds.");
  final Setting<String> defaultServiceHandler =
      chapter.row(
          "default_service_handler",
          Syntax.text(),
          Fallback.NONE,
          "Handler of archives whose manifest names none.");
  final Setting<String> serviceEnvelope =
      chapter.row(
          "service_envelope",
          Syntax.text(),
          Fallback.NONE,
          "Request envelope of all models: `body`, `json`, `kserve`, `kservev2`, or a module;"
              + " replaces the manifest's.");
  final Setting<Boolean> decodeInputRequest =
      chapter.row(
          "decode_input_request",
          Syntax.bool(),
          "true",
          "Whether workers decode JSON and text bodies before the handler sees them.");
  final Setting<String> nonFinite =
      chapter.row(
          "non_finite",
          Syntax.oneOf("text", "null", "error"),
          new Fallback("text", "null", null),
          "What becomes of NaN and infinity in answers that are written as JSON: the texts `NaN`,"
              + " `Infinity` and `-Infinity`, which are no JSON; `null`; or an error that says"
              + " where the number is.");
  final Setting<Boolean> limitMaxImagePixels =
      chapter.row(
          "limit_max_image_pixels",
          Syntax.bool(),
          "true",
          "Whether image handlers keep Pillow's limit of pixels.");
  final Setting<Boolean> allowPickle =
      chapter.row(
          "allow_pickle",
          Syntax.bool(),
          "true",
          "Whether a model without handler may be a pickle (`.joblib`, `.pkl`, and folders of"
              + " MLflow with such), which runs code when it is loaded. Archives run code anyway.");
  final Setting<Integer> numberOfGpu =
      chapter.row(
          "number_of_gpu",
          Syntax.whole(0, 1024),
          Fallback.computed("all that are found"),
          "Most GPUs to use; never more than are found.");

  {
    chapter.accepted(
        "unregister_model_timeout",
        Syntax.seconds(),
        Fallback.of("120"),
        "Unregistering drains within `drain_timeout`.");
  }
}
