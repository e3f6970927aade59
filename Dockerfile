# The tracker without PostgreSQL: give it a database with OPTRACK_DATABASE. See compose.yaml.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# The package references first: they change less often than the code, and the layer is kept.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/OperationTracker.Core/*.csproj src/OperationTracker.Core/
COPY src/OperationTracker.Postgres/*.csproj src/OperationTracker.Postgres/
COPY src/OperationTracker/*.csproj src/OperationTracker/
RUN dotnet restore src/OperationTracker
COPY .editorconfig ./
COPY src src
RUN dotnet publish src/OperationTracker --configuration Release --no-restore --output /app

# No shell and no package manager: what is not there cannot be used against us. "Extra" has the time zones' data.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra
WORKDIR /app
COPY --from=build /app .
USER $APP_UID
ENV OPTRACK_URLS=http://0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["dotnet", "/app/optrack.dll", "health"]
ENTRYPOINT ["dotnet", "/app/optrack.dll"]
CMD ["serve"]
