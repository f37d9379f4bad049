package ai.mariner.core.config;

import java.time.Duration;
import java.util.List;

/** The options that decide on worker processes: how many, on what devices, for how long. */
public final class CrewOptions {
  private static final OptionChapter WORKERS = new OptionChapter("Workers");
  private static final OptionChapter DEVICES = new OptionChapter("Devices and ranks");
  private static final OptionChapter LIFE = new OptionChapter("Workers that come and go");

  /** Workers that are kept alive. */
  public static final ModelOption<Integer> MIN_WORKERS =
      WORKERS
          .option("minWorkers", OptionType.whole(1))
          .otherwise("the server's", ModelDefaults::workers)
          .describes(
              "Workers that are kept alive. `initial_workers` of a registration overrides it. 0 in"
                  + " an archive is taken as 1.");

  /** Upper bound of workers. */
  public static final ModelOption<Integer> MAX_WORKERS =
      WORKERS
          .option("maxWorkers", OptionType.whole(1))
          .absent("`minWorkers`")
          .describes("Upper bound of workers, for `autoscale` and for scaling by hand.");

  /** Longest load. */
  public static final ModelOption<Duration> STARTUP_TIMEOUT =
      WORKERS
          .option("startupTimeout", OptionType.seconds(1))
          .parameter("startup_timeout")
          .otherwise("`default_startup_timeout`", ModelDefaults::startupTimeout)
          .describes("Longest load of the model in a worker, with its warm-up, in seconds.");

  /** Reported only. */
  public static final ModelOption<Duration> MAX_RETRY_TIMEOUT =
      WORKERS
          .option("maxRetryTimeoutInSec", OptionType.seconds(0))
          .otherwise("300", defaults -> Duration.ofMinutes(5))
          .describes("Reported only: lost workers are started again for ever.");

  /** Whether the model has an interpreter of its own. */
  public static final ModelOption<Boolean> USE_VENV =
      WORKERS
          .option("useVenv", OptionType.bool())
          .otherwise(false)
          .describes(
              "Whether the model's workers run in a virtual environment of its own, in which the"
                  + " packages of the server's Python are seen as well.");

  /** Interpreter of the model's workers. */
  public static final ModelOption<String> PYTHON_EXECUTABLE =
      WORKERS
          .option("pythonExecutable", OptionType.text("/.+", "an absolute path"))
          .absent("the server's")
          .describes(
              "Python of an environment that is there, in which the model's workers run. It has to"
                  + " have what they need; the archive's requirements are not installed.");

  /** Name of the group that shares processes. */
  public static final ModelOption<String> WORKER_GROUP =
      WORKERS
          .option("workerGroup", OptionType.text(WorkerGroupRule.FORM, WorkerGroupRule.EXPECTED))
          .parameter("worker_group")
          .otherwise("`default_worker_group`", ModelDefaults::workerGroup)
          .describes("Models of one group share worker processes; `none`: processes of its own.");

  /** Runtime of a snapshot. */
  public static final ModelOption<String> RUNTIME_TYPE =
      WORKERS
          .option("runtimeType", OptionType.oneOf("python", "python3"))
          .onlyIn(OptionSource.MODELS_JSON)
          .absent("the manifest's")
          .describes("Checked only: the archive's manifest decides.");

  /** Kind of device. */
  public static final ModelOption<DeviceType> DEVICE_TYPE =
      DEVICES
          .option("deviceType", OptionType.choice(DeviceType.class))
          .absent("a GPU if there is one")
          .describes("Where workers run.");

  /** Devices that may be used. */
  public static final ModelOption<List<Integer>> DEVICE_IDS =
      DEVICES
          .option("deviceIds", OptionType.wholes())
          .otherwise("all", defaults -> List.of())
          .describes("GPUs that workers take in turn.");

  /** How a worker spreads over devices. */
  public static final ModelOption<ParallelType> PARALLEL_TYPE =
      DEVICES
          .option("parallelType", OptionType.choiceOrOff(ParallelType.class))
          .describes(
              "How one worker spreads over several devices: a process for each (`tp`, `pp`,"
                  + " `pptp`), or one that sees them all (`custom`).");

  /** Devices of one worker. */
  public static final ModelOption<Integer> PARALLEL_LEVEL =
      DEVICES
          .option("parallelLevel", OptionType.wholeOrOff())
          .companionOf(PARALLEL_TYPE)
          .absent("`nproc-per-node` of `torchrun`, else 1")
          .describes(
              "Devices of one worker; on the processor, its processes. The workers of a model"
                  + " share no device.");

  /** How ranks find each other. */
  public static final ModelOption<Torchrun> TORCHRUN =
      DEVICES
          .option("torchrun", Torchrun.type())
          .companionOf(PARALLEL_TYPE)
          .absent("one group on this machine")
          .describes(
              "How torchrun starts the processes of a worker: a mapping of `nproc-per-node`"
                  + " (`parallelLevel`), `OMP_NUMBER_THREADS` or `OMP_NUM_THREADS` (1),"
                  + " `rdzv-backend` (c10d), `rdzv-endpoint` (a free port of this machine),"
                  + " `rdzv-conf`, `monitor-interval` (0.1), `max-restarts` (0), `log-dir`,"
                  + " `redirects`, `tee`; `nnodes` and `node-rank` can only be 1 and 0.");

  /** Requests after which a worker is replaced. */
  public static final ModelOption<Integer> MAX_WORKER_REQUESTS =
      LIFE.option("maxWorkerRequests", OptionType.whole(1))
          .describes("Requests after which a worker is replaced, spread by a tenth.");

  /** Resident memory above which a worker is replaced, in bytes. */
  public static final ModelOption<Long> MAX_WORKER_RSS =
      LIFE.option("maxWorkerRssMb", OptionType.mebibytes())
          .describes("Resident memory in MiB above which a worker is replaced.");

  /** Age at which a worker is replaced. */
  public static final ModelOption<Duration> MAX_WORKER_AGE =
      LIFE.option("maxWorkerAgeSec", OptionType.seconds(1))
          .describes("Seconds after which a worker is replaced, spread by a tenth.");

  /** Whether the number of workers follows the load. */
  public static final ModelOption<Boolean> AUTOSCALE =
      LIFE.option("autoscale", OptionType.bool())
          .otherwise(false)
          .describes("Whether the number of workers follows the load.");

  /** Wait after which a worker is added. */
  public static final ModelOption<Duration> AUTOSCALE_QUEUE_WAIT =
      LIFE.option("autoscaleQueueWaitMs", OptionType.millis(1))
          .companionOf(AUTOSCALE)
          .otherwise("50", defaults -> Duration.ofMillis(50))
          .describes(
              "A worker is added while the oldest waiting request has waited for longer, in"
                  + " milliseconds.");

  /** Least time between two changes. */
  public static final ModelOption<Duration> AUTOSCALE_COOLDOWN =
      LIFE.option("autoscaleCooldownSec", OptionType.seconds(1))
          .companionOf(AUTOSCALE)
          .otherwise("30", defaults -> Duration.ofSeconds(30))
          .describes(
              "Least time between two changes in seconds; a worker is taken away after so long"
                  + " without need for it.");

  /** Time without requests after which workers stop. */
  public static final ModelOption<Duration> IDLE_UNLOAD =
      LIFE.option("idleUnloadSec", OptionType.seconds(1))
          .describes(
              "Seconds without requests after which all workers stop until the next request.");

  static final List<OptionChapter> CHAPTERS = List.of(WORKERS, DEVICES, LIFE);

  private CrewOptions() {}
}
