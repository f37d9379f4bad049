package ai.mariner.core.application;

import ai.mariner.core.error.ErrorKind;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An application: stages, the routes that lead through them, pages beside, and its own words for
 * failures.
 *
 * @param name name
 * @param stages names of its stages
 * @param routes its routes; their order gives them their numbers
 * @param documents its pages
 * @param failures answers to failures by kind
 * @param otherFailure answer to all other failures; absent: as the API has it
 */
public record ApplicationSpec(
    String name,
    List<String> stages,
    List<RouteSpec> routes,
    List<DocumentSpec> documents,
    Map<ErrorKind, FixedAnswer> failures,
    @Nullable FixedAnswer otherFailure) {
  /** Copies the collections. */
  public ApplicationSpec {
    stages = List.copyOf(stages);
    routes = List.copyOf(routes);
    documents = List.copyOf(documents);
    failures = Map.copyOf(failures);
  }

  /** The answer to a failure; absent: as the API has it. */
  public @Nullable FixedAnswer answerTo(ErrorKind kind) {
    return failures.getOrDefault(kind, otherFailure);
  }
}
