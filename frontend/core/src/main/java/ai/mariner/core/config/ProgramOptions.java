package ai.mariner.core.config;

import java.time.Duration;
import java.util.List;

/** The options that decide on a model's requests: batches, times, queue, answers. */
public final class ProgramOptions {
  private static final OptionChapter VERSION = new OptionChapter("The version");
  private static final OptionChapter BATCHES = new OptionChapter("Batches");
  private static final OptionChapter REQUESTS = new OptionChapter("Requests");
  private static final OptionChapter SEQUENCES = new OptionChapter("Sequences");
  private static final OptionChapter TRAFFIC = new OptionChapter("Cache, rate and lanes");

  /** Whether it is the default of its name after the start. */
  public static final ModelOption<Boolean> DEFAULT_VERSION =
      VERSION
          .option("defaultVersion", OptionType.bool())
          .onlyIn(OptionSource.MODELS_JSON)
          .absent("the first that is loaded")
          .describes("Whether this version is its model's default after the start.");

  /** File or folder that the options are for. */
  public static final ModelOption<String> MAR_NAME =
      VERSION
          .option("marName", OptionType.text("[^/]+", "name of a file or folder in the store"))
          .onlyIn(OptionSource.MODELS_JSON)
          .absent("any")
          .describes(
              "Archive that the options are for. One that is loaded at start without a name of its"
                  + " own gets the name that stands here.");

  /** Most requests in a batch. */
  public static final ModelOption<Integer> BATCH_SIZE =
      BATCHES
          .option("batchSize", OptionType.whole(1))
          .parameter("batch_size")
          .loadField("batch_size")
          .otherwise(1)
          .describes("Most requests in a batch.");

  /** Longest wait for a batch to fill. */
  public static final ModelOption<Duration> MAX_BATCH_DELAY =
      BATCHES
          .option("maxBatchDelay", OptionType.millis(0))
          .parameter("max_batch_delay")
          .otherwise("100", defaults -> Duration.ofMillis(100))
          .describes(
              "Longest wait for a batch to fill in milliseconds, under the policy `window`.");

  /** How batches are formed. */
  public static final ModelOption<BatchPolicy> BATCH_POLICY =
      BATCHES
          .option("batchPolicy", OptionType.choice(BatchPolicy.class))
          .absent("window if a `maxBatchDelay` above 0 is given, else greedy")
          .describes(
              "`greedy`: an idle worker takes what is there; `window`: a batch waits until it is"
                  + " full, or for `maxBatchDelay`.");

  /** The form of a plugin's name. */
  public static final String PLUGIN_NAME = "[A-Za-z0-9._-]{1,100}";

  /** The same in words. */
  public static final String PLUGIN_WORDS = "1 to 100 letters, digits, dots, underscores, hyphens";

  /** The plugin that forms batches. */
  public static final ModelOption<String> BATCH_PLUGIN =
      BATCHES
          .option("batchPlugin", OptionType.text(PLUGIN_NAME, PLUGIN_WORDS))
          .describes(
              "Batching policy of a plugin, by its name; `batchPolicy` holds when that fails.");

  /** Header whose value separates batches. */
  public static final ModelOption<String> BATCH_KEY =
      BATCHES
          .option("batchKey", OptionType.text("[A-Za-z0-9!#$%&'*+.^_`|~-]+", "name of a header"))
          .describes("Header of requests; a batch has only requests with the same value of it.");

  /** Whether a worker prepares while it runs. */
  public static final ModelOption<Boolean> PREPARE_AHEAD =
      BATCHES
          .option("prepareAhead", OptionType.bool())
          .loadField("prepare_ahead")
          .otherwise(false)
          .describes("Whether a worker preprocesses its next batch while one runs.");

  /** Whether a handler runs many requests at once. */
  public static final ModelOption<Boolean> ASYNC_COMMUNICATION =
      BATCHES
          .option("asyncCommunication", OptionType.bool())
          .otherwise(false)
          .describes("Whether an `async def` handler runs several requests at once.");

  /** Most requests at once in an asynchronous worker. */
  public static final ModelOption<Integer> ASYNC_CONCURRENCY =
      BATCHES
          .option("asyncConcurrency", OptionType.whole(1))
          .companionOf(ASYNC_COMMUNICATION)
          .otherwise(64)
          .describes("Most requests that run at once in one worker.");

  /** Whether requests join a running batch. */
  public static final ModelOption<Boolean> CONTINUOUS_BATCHING =
      BATCHES
          .option("continuousBatching", OptionType.bool())
          .otherwise(false)
          .describes("Whether requests join and leave a batch between the turns of its handler.");

  /** Longest run. */
  public static final ModelOption<Duration> RESPONSE_TIMEOUT =
      REQUESTS
          .option("responseTimeout", OptionType.seconds(1))
          .parameter("response_timeout")
          .otherwise("`default_response_timeout`", ModelDefaults::responseTimeout)
          .describes("Longest run of a batch, or pause between two streamed pieces, in seconds.");

  /** Deadline of a request that brings none. */
  public static final ModelOption<Duration> REQUEST_TIMEOUT =
      REQUESTS
          .option("requestTimeout", OptionType.millisOrOff())
          .alias("clientTimeoutInMills")
          .describes(
              "Deadline of a request that brings none, for queue and run, in milliseconds; 0:"
                  + " none.");

  /** Most waiting requests. */
  public static final ModelOption<Integer> JOB_QUEUE_SIZE =
      REQUESTS
          .option("jobQueueSize", OptionType.wholeOrOff())
          .otherwise("`job_queue_size`", ModelDefaults::jobQueueSize)
          .describes("Most waiting requests; 0 is the same as not given.");

  /** Whether a request needs an idle worker. */
  public static final ModelOption<Boolean> USE_JOB_TICKET =
      REQUESTS
          .option("useJobTicket", OptionType.bool())
          .otherwise(false)
          .describes("Whether a request is refused at once when no worker is idle.");

  /** Which requests of a lost worker run again. */
  public static final ModelOption<RetryOnWorkerLoss> RETRY_ON_WORKER_LOSS =
      REQUESTS
          .option("retryOnWorkerLoss", OptionType.choice(RetryOnWorkerLoss.class))
          .otherwise(RetryOnWorkerLoss.MATES)
          .describes(
              "Which requests of a lost worker run again: the innocent of its batch too (`mates`),"
                  + " what had not begun (`unstarted`), or none (`never`).");

  /** What JSON answers have for nan. */
  public static final ModelOption<NonFinite> NON_FINITE =
      REQUESTS
          .option("nonFinite", OptionType.choice(NonFinite.class))
          .whenNull(NonFinite.NULL)
          .loadField("non_finite")
          .describes(
              "What a JSON answer has for nan and the infinities: `NaN` as Python writes it"
                  + " (`text`), `null`, or the request fails (`error`).");

  /** Sample requests before a worker is ready. */
  public static final ModelOption<List<WarmupInput>> WARMUP =
      REQUESTS
          .option("warmup", WarmupInput.type())
          .onlyIn(OptionSource.ARCHIVE)
          .otherwise("none", defaults -> List.of())
          .describes(
              "Sample requests that a worker answers before it is ready: a list of mappings with"
                  + " `file`, `json` or `text`, and perhaps `contentType`.");

  /** Whether requests form sequences. */
  public static final ModelOption<Boolean> SEQUENCE_BATCHING =
      SEQUENCES
          .option("sequenceBatching", OptionType.bool())
          .otherwise(false)
          .describes("Whether requests form sequences, each with one worker and in its order.");

  /** Longest pause of a sequence. */
  public static final ModelOption<Duration> SEQUENCE_MAX_IDLE =
      SEQUENCES
          .option("sequenceMaxIdleMSec", OptionType.millisOrOff())
          .companionOf(SEQUENCE_BATCHING)
          .describes("Pause after which a sequence ends, in milliseconds; 0: none does.");

  /** Longest life of a sequence. */
  public static final ModelOption<Duration> SEQUENCE_TIMEOUT =
      SEQUENCES
          .option("sequenceTimeoutMSec", OptionType.millisOrOff())
          .companionOf(SEQUENCE_BATCHING)
          .describes("Time after which a sequence ends, in milliseconds; 0: none does.");

  /** Most sequences at once. */
  public static final ModelOption<Integer> MAX_NUM_SEQUENCE =
      SEQUENCES
          .option("maxNumSequence", OptionType.wholeOrOff())
          .companionOf(SEQUENCE_BATCHING)
          .absent("workers times `batchSize`")
          .describes("Most sequences at once.");

  /** Most waiting requests of a sequence. */
  public static final ModelOption<Integer> MAX_SEQUENCE_JOB_QUEUE_SIZE =
      SEQUENCES
          .option("maxSequenceJobQueueSize", OptionType.wholeOrOff())
          .companionOf(SEQUENCE_BATCHING)
          .otherwise(1)
          .describes("Most waiting requests of one sequence.");

  /** Size of the cache of answers, in bytes. */
  public static final ModelOption<Long> RESPONSE_CACHE =
      TRAFFIC
          .option("responseCacheMb", OptionType.mebibytes())
          .describes("Size of the cache of answers in MiB; absent: there is none.");

  /** How long an answer may be given again. */
  public static final ModelOption<Duration> RESPONSE_CACHE_TTL =
      TRAFFIC
          .option("responseCacheTtlSec", OptionType.seconds(1))
          .companionOf(RESPONSE_CACHE)
          .otherwise("300", defaults -> Duration.ofMinutes(5))
          .describes("How long an answer may be given again, in seconds.");

  /** Most requests a second. */
  public static final ModelOption<Integer> RATE_LIMIT =
      TRAFFIC
          .option("rateLimit", OptionType.whole(1))
          .describes("Most requests a second; absent: no bound.");

  /** Requests at once after a pause. */
  public static final ModelOption<Integer> RATE_LIMIT_BURST =
      TRAFFIC
          .option("rateLimitBurst", OptionType.whole(1))
          .companionOf(RATE_LIMIT)
          .absent("`rateLimit`")
          .describes("Requests that may come at once after a pause.");

  /** Wait that lifts a request by one lane. */
  public static final ModelOption<Duration> PRIORITY_AGEING =
      TRAFFIC
          .option("priorityAgeingMs", OptionType.millis(1))
          .describes(
              "Switches priority lanes on: the wait that lifts a request by one lane, in"
                  + " milliseconds.");

  static final List<OptionChapter> CHAPTERS =
      List.of(VERSION, BATCHES, REQUESTS, SEQUENCES, TRAFFIC);

  private ProgramOptions() {}
}
