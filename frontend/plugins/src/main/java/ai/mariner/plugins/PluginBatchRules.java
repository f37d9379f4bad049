package ai.mariner.plugins;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.queue.BatchRule;
import ai.mariner.core.queue.BatchRules;
import ai.mariner.sdk.BatchingPolicy;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The batching policies that plugins bring, by their names. */
public final class PluginBatchRules implements BatchRules {
  private final Map<String, Offer<BatchingPolicy>> byName = new TreeMap<>();
  private final LongSupplier nanoTime;

  /**
   * Asks policies for their names.
   *
   * @param nanoTime monotonic clock
   * @throws PluginException if one has none, or two have the same
   */
  public PluginBatchRules(List<Offer<BatchingPolicy>> offers, LongSupplier nanoTime)
      throws PluginException {
    this.nanoTime = nanoTime;
    for (Offer<BatchingPolicy> offer : offers) {
      String name = name(offer);
      Offer<BatchingPolicy> other = byName.put(name, offer);
      if (other != null) {
        throw new PluginException(
            offer.named()
                + ": name(): "
                + name
                + ": "
                + other.named()
                + " has it too (expected: a name of its own)");
      }
    }
  }

  private static String name(Offer<BatchingPolicy> offer) throws PluginException {
    @Nullable String name;
    try {
      name = offer.object().name();
    } catch (RuntimeException | LinkageError e) {
      throw new PluginException(offer.named() + ": name() threw " + e + " (expected: a word)", e);
    }
    if (name == null || !name.matches(ProgramOptions.PLUGIN_NAME)) {
      throw new PluginException(
          offer.named() + ": name(): " + name + " (expected: " + ProgramOptions.PLUGIN_WORDS + ")");
    }
    return name;
  }

  @Override
  public BatchRule of(ModelKey key, ModelSpec spec) {
    Offer<BatchingPolicy> offer = byName.get(spec.require(ProgramOptions.BATCH_PLUGIN));
    if (offer == null) {
      throw BatchRules.unknown(
          key,
          spec,
          byName.isEmpty()
              ? "the batching policy of a plugin in plugins_path"
              : "one of the plugins' policies, " + String.join(", ", byName.keySet()));
    }
    return new PluginBatchRule(offer, key, spec, nanoTime);
  }
}
