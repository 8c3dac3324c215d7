#!/bin/sh
# Audits the folder and hands the findings to SonarQube with the analysis of the project. Run it in the project's folder.
set -eu
ringwall audit --format sonarqube --output ringwall-sonar.json guests || [ $? -le 2 ]
sonar-scanner
