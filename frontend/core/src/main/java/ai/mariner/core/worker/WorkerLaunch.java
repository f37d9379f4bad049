package ai.mariner.core.worker;

import ai.mariner.core.message.ModelKey;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One start of a worker process.
 *
 * @param workerId number of the worker, kept through restarts
 * @param generation counts the starts of that worker from 1
 * @param model model that the worker is for; names its log lines
 * @param directory working directory: the unpacked archive
 * @param runtime {@code runtime} of the manifest ({@code python}: the server's own interpreter,
 *     {@code python3}: that on the path)
 * @param gpuId accelerator, the first of several; absent: none
 * @param spread how the worker spreads over devices; absent: one process on one device
 * @param environment what its model has of Python of its own; absent: nothing
 */
public record WorkerLaunch(
    int workerId,
    int generation,
    ModelKey model,
    Path directory,
    String runtime,
    @Nullable Integer gpuId,
    @Nullable Spread spread,
    @Nullable PythonEnvironment environment) {
  /** A process on one device. */
  public WorkerLaunch(
      int workerId,
      int generation,
      ModelKey model,
      Path directory,
      String runtime,
      @Nullable Integer gpuId) {
    this(workerId, generation, model, directory, runtime, gpuId, null, null);
  }

  /** A process, or several, that have nothing of Python of their own. */
  public WorkerLaunch(
      int workerId,
      int generation,
      ModelKey model,
      Path directory,
      String runtime,
      @Nullable Integer gpuId,
      @Nullable Spread spread) {
    this(workerId, generation, model, directory, runtime, gpuId, spread, null);
  }

  /** Name of the worker in logs and metrics, TorchServe's form. */
  public String name() {
    return "W-" + workerId + '-' + model.name() + '_' + model.version();
  }
}
