package ai.mariner.rest;

import ai.mariner.core.model.Application;
import ai.mariner.core.model.ApplicationDoor;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens applications on every listener that serves predictions.
 *
 * @param routes where their routes come and go
 */
public record ApplicationRoutes(AddedRoutes routes) implements ApplicationDoor {
  /** The owner's name among those of models, which have no blank in front. */
  private static final String OWNER = " application ";

  @Override
  public void open(Application application) {
    List<ApplicationRoute> own = new ArrayList<>();
    for (int number = 0; number < application.spec().routes().size(); number++) {
      own.add(new ApplicationRoute(application, number, new RouteMeter()));
    }
    List<Added> added = new ArrayList<>(own);
    application
        .spec()
        .documents()
        .forEach(
            document ->
                added.add(new ApplicationDocument(application, document, List.copyOf(own))));
    routes.replace(OWNER + application.name(), added);
  }

  @Override
  public void close(Application application) {
    routes.remove(OWNER + application.name());
  }
}
