package ai.mariner.grpc;

import ai.mariner.core.config.ModelOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.OptionFindings;
import ai.mariner.core.config.OptionReader;
import ai.mariner.core.config.OptionSource;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.ScaleModel;
import ai.mariner.core.model.SwapModel;
import ai.mariner.proto.extension.SwapModelRequest;
import ai.mariner.proto.management.ListModelsRequest;
import ai.mariner.proto.management.RegisterModelRequest;
import ai.mariner.proto.management.ScaleWorkerRequest;
import ai.mariner.proto.management.SetDefaultRequest;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns management messages into orders. In proto3 an absent number can't be told from 0 and an
 * absent text not from an empty one, so both mean absent here.
 *
 * <p>All methods throw a {@link ServeException} that names field, value and what was expected.
 */
final class ManagementArguments {
  private static final int MAX_PAGE_ROWS = 100;
  private static final List<String> RUNTIMES = List.of("python", "python3");

  private ManagementArguments() {}

  static RegisterModel register(RegisterModelRequest request) {
    String location = request.getUrl();
    if (location.isEmpty()) {
      throw bad(
          "Parameter url is required. url: \"\" (expected: name in the model store, folder or"
              + " address)");
    }
    String runtime = runtime(request.getRuntime());
    return new RegisterModel(
        location,
        text(request.getModelName()),
        text(request.getHandler()),
        runtime,
        number("initial_workers", request.getInitialWorkers()),
        overrides(request),
        completion(request.getSynchronous()),
        false,
        request.getS3SseKms());
  }

  /** The options for which the message has a field. */
  private static ModelOverrides overrides(Message request) {
    Map<String, Integer> given = new HashMap<>();
    for (String name : ModelOptions.spellings(OptionSource.REQUEST)) {
      FieldDescriptor field = request.getDescriptorForType().findFieldByName(name);
      if (field != null && request.getField(field) instanceof Integer value) {
        Integer number = number(name, value);
        if (number != null) {
          given.put(name, number);
        }
      }
    }
    return new OptionReader(OptionSource.REQUEST, OptionReader.Manner.STRICT, new Refusal())
        .read(given);
  }

  /** What replaces the default version of a model: an archive, or a version that is registered. */
  static SwapModel swap(SwapModelRequest request) {
    ModelRef model = PredictionInputs.model(request.getModelName(), request.getModelVersion());
    String location = text(request.getUrl());
    if ((location == null) == (model.version() == null)) {
      throw bad("url: \"" + request.getUrl() + "\" (expected: either url or model_version)");
    }
    if (location == null) {
      return new SwapModel(model.name(), null, model.version(), request.getKeepOld());
    }
    RegisterModel archive =
        new RegisterModel(
            location,
            null,
            text(request.getHandler()),
            runtime(request.getRuntime()),
            number("initial_workers", request.getInitialWorkers()),
            overrides(request),
            Completion.READY,
            false);
    return new SwapModel(model.name(), archive, null, request.getKeepOld());
  }

  private static @Nullable String runtime(String given) {
    String runtime = text(given);
    if (runtime != null && !RUNTIMES.contains(runtime)) {
      throw bad("runtime: \"" + runtime + "\" (expected: one of " + RUNTIMES + ")");
    }
    return runtime;
  }

  /** Workers: 0 or absent means at least one, and as many at most as at least. */
  static ScaleModel scale(ScaleWorkerRequest request) {
    ModelRef model = PredictionInputs.model(request.getModelName(), request.getModelVersion());
    Integer least = number("min_worker", request.getMinWorker());
    Integer most = number("max_worker", request.getMaxWorker());
    int min = least == null ? 1 : least;
    int max = most == null ? min : most;
    if (max < min) {
      throw bad(
          "max_worker cannot be less than min_worker. max_worker: "
              + max
              + " (expected: >= min_worker, "
              + min
              + ")");
    }
    return new ScaleModel(model, min, max, completion(request.getSynchronous()));
  }

  static ModelKey defaultVersion(SetDefaultRequest request) {
    ModelRef model = PredictionInputs.model(request.getModelName(), request.getModelVersion());
    String version = model.version();
    if (version == null) {
      throw bad(
          "Parameter model_version is required. model_version: \"\" (expected: a registered version"
              + " of model "
              + model.name()
              + ")");
    }
    return new ModelKey(model.name(), version);
  }

  /** Rows of a page; whatever is out of bounds means as many as possible, as over REST. */
  static int limit(ListModelsRequest request) {
    int limit = request.getLimit();
    return limit < 1 || limit > MAX_PAGE_ROWS ? MAX_PAGE_ROWS : limit;
  }

  /** Where a page begins; a negative token means the beginning, as over REST. */
  static int offset(ListModelsRequest request) {
    return Math.max(0, request.getNextPageToken());
  }

  private static Completion completion(boolean synchronous) {
    return synchronous ? Completion.READY : Completion.ACCEPTED;
  }

  private static @Nullable String text(String value) {
    return value.isEmpty() ? null : value;
  }

  private static @Nullable Integer number(String field, int value) {
    if (value < 0) {
      throw bad(field + ": " + value + " (expected: >= 1; 0 or absent: the default)");
    }
    return value == 0 ? null : value;
  }

  private static ServeException bad(String message) {
    return new ServeException(ErrorKind.BAD_REQUEST, message);
  }

  /** The first problem ends the call. */
  private static final class Refusal implements OptionFindings {
    @Override
    public void problem(String key, String what) {
      throw bad(what);
    }

    @Override
    public void warning(String key, String what) {
      throw bad(what);
    }
  }
}
