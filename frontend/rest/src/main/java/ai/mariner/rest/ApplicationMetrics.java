package ai.mariner.rest;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An application's own page of metrics: its routes, and the server's series of its stages under the
 * application's names.
 */
final class ApplicationMetrics implements Route.Action {
  private static final Map<String, String> NAMES =
      Map.of(
          "mariner_inference_seconds", "process_duration_second",
          "mariner_batch_size", "batch_size",
          "mariner_queue_seconds", "batch_duration_second");
  private static final List<String> WAITING = List.of("mariner_queue_depth", "mariner_running");
  private static final Map<String, String> HELP =
      Map.of(
          "process_duration_second", "Time in a stage; of stage total: from arrival to answer.",
          "batch_size", "Requests in a batch.",
          "batch_duration_second", "Time that requests waited for their batch.");

  /** Of histograms in the text format, of one model; its labels end with {@code le} if with any. */
  private static final Pattern SERIES =
      Pattern.compile(
          "(\\w+?)(_bucket|_count|_sum)?\\{model_name=\"([^\"]*)\",model_version=\"[^\"]*\"(,le=\"[^\"]*\")?}"
              + " (\\S+)");

  private final ApplicationDocument document;
  private final String namespace;
  private final MetricsPage page;
  private final Executor codec;

  ApplicationMetrics(ApplicationDocument document, String namespace, RestContext context) {
    this.document = document;
    this.namespace = namespace;
    this.page = context.metricsPage();
    this.codec = context.codec();
  }

  @Override
  public void run(Call call) {
    ManagementRoutes.answer(call, CompletableFuture.supplyAsync(this::text, codec), this::reply);
  }

  private Reply reply(String text) {
    Body body = Body.of(text.getBytes(StandardCharsets.UTF_8));
    return new Reply(200, null, document.spec().type(), List.of(), body);
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    head(text, "throughput_total", "counter", "Answers of the routes.");
    for (ApplicationRoute route : document.routes()) {
      route
          .meter()
          .answers()
          .forEach(
              (status, count) ->
                  line(
                      text,
                      "throughput_total",
                      "code=\"" + status + "\",endpoint=\"" + route.path() + '"',
                      Long.toString(count)));
    }
    histogram(text, "mariner_inference_seconds");
    histogram(text, "mariner_batch_size");
    histogram(text, "mariner_queue_seconds");
    head(text, "remaining_task", "gauge", "Requests that wait or run.");
    text.append(namespace).append("_remaining_task ").append(remaining()).append('\n');
    return text.toString();
  }

  private void histogram(StringBuilder text, String name) {
    String shown = NAMES.getOrDefault(name, name);
    head(text, shown, "histogram", HELP.getOrDefault(shown, shown));
    for (String series : lines(List.of(name))) {
      Matcher found = SERIES.matcher(series);
      String stage = found.matches() ? stage(found.group(3)) : null;
      if (stage != null && found.group(2) != null) {
        String bound = found.group(4) == null ? "" : found.group(4);
        line(text, shown + found.group(2), labels(stage, "all") + bound, found.group(5));
      }
    }
    if (shown.startsWith("process")) {
      total(text, shown);
    }
  }

  private void total(StringBuilder text, String name) {
    long[] upTo = new long[RouteMeter.BOUNDS.length + 1];
    double seconds = 0;
    for (ApplicationRoute route : document.routes()) {
      route.meter().addTimesTo(upTo);
      seconds += route.meter().seconds();
    }
    String labels = labels("total", "total");
    for (int place = 0; place < upTo.length; place++) {
      String bound =
          place == RouteMeter.BOUNDS.length
              ? "+Inf"
              : String.format(Locale.ROOT, "%.3f", RouteMeter.BOUNDS[place]);
      line(text, name + "_bucket", labels + ",le=\"" + bound + '"', Long.toString(upTo[place]));
    }
    line(text, name + "_count", labels, Long.toString(upTo[upTo.length - 1]));
    line(text, name + "_sum", labels, Double.toString(seconds));
  }

  private long remaining() {
    double sum = 0;
    for (String series : lines(WAITING)) {
      Matcher found = SERIES.matcher(series);
      if (found.matches() && stage(found.group(3)) != null) {
        sum += Double.parseDouble(found.group(5));
      }
    }
    return Math.round(sum);
  }

  private List<String> lines(List<String> names) {
    return new String(page.page(names), StandardCharsets.UTF_8).lines().toList();
  }

  /** The stage that a model is; absent: it is none of the application's. */
  private @Nullable String stage(String model) {
    String head = document.application().name() + "__";
    return model.startsWith(head) ? model.substring(head.length()) : null;
  }

  private void head(StringBuilder text, String name, String type, String help) {
    String full = namespace + '_' + name;
    text.append("# HELP ").append(full).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(full).append(' ').append(type).append('\n');
  }

  private void line(StringBuilder text, String name, String labels, String value) {
    text.append(namespace).append('_').append(name);
    text.append('{').append(labels).append("} ").append(value).append('\n');
  }

  private static String labels(String stage, String connection) {
    return "stage=\"" + stage + "\",connection=\"" + connection + '"';
  }
}
