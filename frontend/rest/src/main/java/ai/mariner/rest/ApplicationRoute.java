package ai.mariner.rest;

import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.model.Application;

/**
 * A route of an application.
 *
 * @param application whose it is
 * @param number its place among the application's routes, from 0
 * @param meter counts its answers
 */
record ApplicationRoute(Application application, int number, RouteMeter meter) implements Added {
  RouteSpec spec() {
    return application.spec().routes().get(number);
  }

  @Override
  public String method() {
    return spec().method();
  }

  @Override
  public String path() {
    return spec().path();
  }

  @Override
  public String owner() {
    return "application " + application.name();
  }
}
